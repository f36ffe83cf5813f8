// Every file of tests/frontend/data is refused with the message that its first line, "# error: ...",
// announces. An empty file cannot announce anything.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "frontend/lower/lower_model.h"
#include "tests/frontend/model_text.h"

namespace minnow {
namespace {

Result<LoweredModel> read_and_lower(const std::string& path) {
  MINNOW_ASSIGN(const LoadedModel loaded, read_experiment(path));
  return lower_model(loaded, {.batch_size = 1});
}

std::string announced_error(const std::string& path) {
  constexpr std::string_view kPrefix = "# error: ";
  std::string line;
  std::getline(std::ifstream(path), line);
  return line.starts_with(kPrefix) ? line.substr(kPrefix.size()) : "is empty, so it holds no model";
}

TEST(BadFiles, AreRefusedAsAnnounced) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(source_path("tests/frontend/data"))) {
    const std::string path = entry.path();
    const std::string error = error_of(read_and_lower(path));
    EXPECT_NE(error.find(announced_error(path)), std::string::npos) << path << "\n" << error;
    EXPECT_TRUE(error.starts_with(path)) << error;
    ++count;
  }
  EXPECT_GE(count, 15);
}

}  // namespace
}  // namespace minnow
