#include "tests/faults/training.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "runtime/safetensors.h"

namespace minnow::testing {
namespace {

namespace fs = std::filesystem;

// Has all that a run can leave behind: statistics, momentum, dropout, a schedule, a last batch that is smaller.
constexpr char kModel[] = R"(
  inputs { name: "image" shape: [1, 28, 28] }
  layers { name: "pool" max_pool { kernel: 4 } }
  layers { name: "norm" batch_norm {} }
  layers { name: "drop" dropout { rate: 0.2 } }
  layers { name: "fc" dense { units: 10 } }
  loss { softmax_cross_entropy {} }
  training { learning_rate: 0.01 batch_size: 16 epochs: EPOCHS momentum {} schedule { cosine {} } }
  data { builtin: GLYPHS train_examples: 200 validation_examples: 50 }
)";

std::vector<std::string> cells_of(const std::string& line) {
  std::istringstream text(line);
  std::vector<std::string> cells;
  for (std::string cell; std::getline(text, cell, ',');) cells.push_back(cell);
  return cells;
}

std::string without_time(const std::string& csv) {
  std::istringstream lines(csv);
  std::string text, line;
  std::getline(lines, line);
  const std::vector<std::string> names = cells_of(line);
  const auto time = std::ranges::find(names, "seconds") - names.begin();
  do {
    const std::vector<std::string> cells = cells_of(line);
    for (std::ptrdiff_t i = 0; i < std::ssize(cells); ++i)
      if (i != time) text += cells[static_cast<size_t>(i)] + ",";
    text += "\n";
  } while (std::getline(lines, line));
  return text;
}

// Names and bytes of the tensors. The metadata tell the time.
std::string tensors_of(const std::string& path) {
  const auto file = read_safetensors(path);
  if (!file) return file.error().to_string();
  std::string text;
  for (const NamedTensor& named : file->tensors) text += named.name + ": " + std::string(named.tensor.bytes()) + "\n";
  return text;
}

std::string contents(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

}  // namespace

std::vector<std::pair<std::string, std::string>> results_of(const std::string& run_folder) {
  std::vector<std::pair<std::string, std::string>> results;
  for (const auto& entry : fs::directory_iterator(run_folder)) {
    const fs::path& path = entry.path();
    std::string result;
    if (path.extension() == ".safetensors") result = tensors_of(path);
    if (path.extension() == ".textproto") result = contents(path);
    if (path.extension() == ".csv") result = without_time(contents(path));
    results.emplace_back(path.filename(), std::move(result));
  }
  std::ranges::sort(results);
  return results;
}

int count_from_environment(const char* variable, int usual) {
  const char* text = std::getenv(variable);
  return text == nullptr ? usual : std::max(1, std::atoi(text));
}

FaultyTraining::FaultyTraining(int epochs) {
  std::string model = kModel;
  const std::string_view place = "EPOCHS";
  bench_.write("m.textproto", model.replace(model.find(place), place.size(), std::to_string(epochs)));
  const Outcome whole = run("train m.textproto --out whole", {});
  EXPECT_EQ(whole.exit_code, 0) << whole.err;
}

Outcome FaultyTraining::run(const std::string& arguments, RunOptions options) const {
  options.environment.try_emplace("MINNOW_CACHE", bench_.path() + "/cache");
  return bench_.run(arguments, options);
}

Outcome FaultyTraining::start_with(const std::string& flags, RunOptions options) {
  fs::remove_all(bench_.path() + "/run");
  return run("train m.textproto --out run " + flags, std::move(options));
}

Outcome FaultyTraining::go_on(RunOptions options) {
  const bool has_begun = fs::exists(bench_.path() + "/run/config.textproto");
  return run(has_begun ? "train --resume run" : "train m.textproto --out run", std::move(options));
}

void FaultyTraining::expect_whole_checkpoints() const {
  for (const char* name : {"/run/weights.safetensors", "/run/best.safetensors"}) {
    const std::string path = bench_.path() + name;
    if (!fs::exists(path)) continue;
    const auto file = read_safetensors(path);
    EXPECT_TRUE(file) << file.error().to_string();
  }
}

void FaultyTraining::expect_same_result() const {
  const auto expected = results_of(bench_.path() + "/whole");
  const auto found = results_of(bench_.path() + "/run");
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].first, expected[i].first);
    EXPECT_TRUE(found[i].second == expected[i].second) << found[i].first << " differs";
  }
}

std::vector<std::string> FaultyTraining::temporary_files() const {
  std::vector<std::string> names = bench_.files();
  std::erase_if(names, [](const std::string& name) { return !name.ends_with(".tmp"); });
  return names;
}

}  // namespace minnow::testing
