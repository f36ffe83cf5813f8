// ONNX's own cases, where they lie: in the folder that MINNOW_ONNX_DATA names, onnx/backend/test/data of the Python
// package, or in that of Debian's libonnx-testdata. What becomes of each is written in expected.txt; a run with
// MINNOW_ONNX_UPDATE writes it anew.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

#include "tests/onnx/backend_case.h"

namespace minnow::onnx_tests {
namespace {

namespace fs = std::filesystem;

const std::string kExpected = MINNOW_SOURCE_DIR "/tests/onnx/expected.txt";
constexpr const char* kGroups[] = {"node", "simple", "pytorch-converted", "pytorch-operator", "torch"};

constexpr std::string_view kDebian = "/usr/share/libonnx-testdata/data";

std::string data_folder() {
  if (const char* named = std::getenv("MINNOW_ONNX_DATA")) return named;
  return fs::exists(kDebian) ? std::string(kDebian) : "";
}

// Debian's edition, of ONNX 1.12, has graphs of version 1, which are refused, bfloat16 as if it were whole numbers, and
// an Adam without the epsilon that its results were computed with.
bool is_otherwise_in_debian(const std::string& name, const std::string& line) {
  return data_folder() == kDebian && (name == "node/adam_multiple" || name.find("BFLOAT16") != std::string::npos ||
                                      line.find("operators are of version 1,") != std::string::npos);
}

std::string line_of(const CaseResult& result) {
  switch (result.verdict) {
    case Verdict::kPass: return "pass";
    case Verdict::kRefused: return "refused: " + result.detail;
    case Verdict::kWrong: break;
  }
  return "WRONG: " + result.detail;
}

bool is_asked_for(const std::string& name) {
  const char* only = std::getenv("MINNOW_ONNX_ONLY");
  return only == nullptr || name.find(only) != std::string::npos;
}

std::string verdict_in(const std::string& line) { return line.substr(0, line.find(':')); }

std::map<std::string, std::string> read_expected() {
  std::map<std::string, std::string> expected;
  std::ifstream file(kExpected);
  for (std::string line; std::getline(file, line);)
    if (const size_t space = line.find(' '); space != std::string::npos)
      expected[line.substr(0, space)] = line.substr(space + 1);
  return expected;
}

// Networks as large as AlexNet and VGG-19, which are for compiled code alone.
void run_light_cases(const std::string& data, std::map<std::string, std::string>& found) {
  const fs::path folder = fs::path(data) / "light";
  if (!fs::exists(folder)) return;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() != ".onnx" || !is_asked_for(name)) continue;
    found["light/" + name.substr(std::strlen("light_"))] =
        line_of(run_light_case(entry.path().string(), Way::kCompiled));
  }
}

// All cases of a folder by name, "node/abs".
std::map<std::string, std::string> run_all(const std::string& data, Way way) {
  std::map<std::string, std::string> found;
  for (const char* group : kGroups) {
    const fs::path folder = fs::path(data) / group;
    if (!fs::exists(folder)) continue;
    std::vector<fs::path> cases;
    for (const auto& entry : fs::directory_iterator(folder)) cases.push_back(entry.path());
    std::ranges::sort(cases);
    for (const fs::path& path : cases) {
      const std::string name = path.filename().string();
      if (!is_asked_for(name)) continue;
      found[std::string(group) + "/" + name.substr(name.starts_with("test_") ? 5 : 0)] =
          line_of(run_case(path.string(), way));
    }
  }
  if (way == Way::kCompiled) run_light_cases(data, found);
  return found;
}

void expect_verdicts(const std::map<std::string, std::string>& found) {
  ASSERT_FALSE(found.empty());
  const auto expected = read_expected();
  for (const auto& [name, line] : found) {
    if (is_otherwise_in_debian(name, line)) continue;
    const auto known = expected.find(name);
    // Reasons name versions, which differ from one edition of the cases to another.
    if (known != expected.end()) {
      EXPECT_EQ(verdict_in(line), verdict_in(known->second)) << name << " " << line;
    }
    EXPECT_FALSE(line.starts_with("WRONG")) << name << " " << line;
  }
}

TEST(OnnxConformance, CasesGiveWhatIsExpected) {
  if (data_folder().empty()) GTEST_SKIP() << "MINNOW_ONNX_DATA names no folder of ONNX's test data";
  const auto found = run_all(data_folder(), Way::kInterpreted);
  if (std::getenv("MINNOW_ONNX_UPDATE") == nullptr) return expect_verdicts(found);
  auto all = found;
  run_light_cases(data_folder(), all);
  std::ofstream file(kExpected);
  for (const auto& [name, line] : all) file << name << ' ' << line << '\n';
}

TEST(OnnxConformance, CompiledCasesGiveTheSame) {
  if (data_folder().empty()) GTEST_SKIP() << "MINNOW_ONNX_DATA names no folder of ONNX's test data";
  expect_verdicts(run_all(data_folder(), Way::kCompiled));
}

}  // namespace
}  // namespace minnow::onnx_tests
