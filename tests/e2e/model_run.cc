#include "tests/e2e/model_run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "runtime/data/batch.h"
#include "runtime/data/load_data.h"
#include "runtime/train/gradient_check.h"
#include "tests/expect.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

// Letters and blanks in no order, in a file that lives as long as the process.
std::string drawn_text() {
  static const TemporaryFolder folder;
  std::string text;
  uint32_t state = 1;
  for (int i = 0; i < 4000; ++i) {
    state = state * 1664525 + 1013904223;
    text += " abcdefghijklmnopqrstuvwxyz"[(state >> 16) % 27];
  }
  return folder.write("text", text);
}

// Applies the changes, and puts drawn digits or a drawn text in the place of files.
LoadedModel read_with_drawn_data(const std::string& path, std::vector<std::string> changes) {
  const LoadedModel plain = expect(read_experiment(path));
  const spec::Data& data = plain.model.data();
  if (data.has_text()) {
    changes.insert(changes.begin(), fmt::format("data={{text {{file: \"{}\" stride: 1}}}}", drawn_text()));
  } else if (!data.has_linear_regression() && data.builtin() != spec::Data::REVERSE) {
    changes.insert(changes.begin(), "data={builtin: GLYPHS}");
  }
  changes.emplace_back("data.train_examples=640");
  changes.emplace_back("data.validation_examples=10");
  return expect(read_experiment(path, changes));
}

}  // namespace

std::vector<std::string> shipped_models() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(MINNOW_SOURCE_DIR "/models"))
    if (entry.path().extension() == ".textproto") names.push_back(entry.path().stem().string());
  std::ranges::sort(names);
  return names;
}

std::string model_path(const std::string& name) { return MINNOW_SOURCE_DIR "/models/" + name + ".textproto"; }

bool reads_text(const std::string& name) { return expect(read_experiment(model_path(name))).model.data().has_text(); }

std::string test_name(std::string name) {
  std::replace_if(name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
}

ModelRun::ModelRun(const std::string& path, std::vector<std::string> changes, Backend backend, int threads,
                   const CodeOptions& code)
    : loaded_(read_with_drawn_data(path, std::move(changes))), pool_(threads) {
  SessionOptions options;
  options.backend = backend;
  options.code = code;
  session_ = expect(Session::create(loaded_, options, pool_));
  LoadDataOptions load = load_options(*session_, {});
  load.is_binary = false;  // digits are as good as probabilities here
  data_ = expect(load_data(loaded_.model.data(), load, pool_));
}

std::vector<double> ModelRun::train(int steps) {
  const int64_t batch = loaded_.model.training().batch_size();
  Batch fed;
  std::vector<int32_t> rows(static_cast<size_t>(batch));
  std::vector<double> losses;
  for (int i = 0; i < steps; ++i, ++step_) {
    const int64_t first = step_ * batch % (data_.train.size() - batch + 1);
    std::iota(rows.begin(), rows.end(), static_cast<int32_t>(first));
    EXPECT_TRUE(fill_batch(session_->lowered(), data_.train, rows, BatchParts::kAll, fed));
    const double rate = loaded_.model.training().learning_rate();
    losses.push_back(expect(session_->train_step(fed, step_, rate)).loss);
  }
  return losses;
}

void expect_agreement(const std::string& path, const std::vector<std::string>& changes) {
  constexpr double kTolerance = 1e-4;
  constexpr int kSteps = 20;
  ModelRun interpreted(path, changes, Backend::kInterpreter, 1);
  ModelRun compiled(path, changes, Backend::kJit, 2);
  const std::vector<double> expected = interpreted.train(kSteps);
  const std::vector<double> found = compiled.train(kSteps);
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_TRUE(std::isfinite(expected[i])) << "step " << i + 1;
    EXPECT_NEAR(found[i], expected[i], kTolerance * std::abs(expected[i])) << "step " << i + 1;
  }
  EXPECT_NE(expected.front(), expected.back());
}

void expect_right_gradients(const std::string& path) {
  const auto loaded = read_experiment(path);
  ASSERT_TRUE(loaded) << loaded.error().to_string();
  const auto rows = check_gradients(*loaded, loaded->model.data().has_text() ? 1 : 4);
  ASSERT_TRUE(rows) << rows.error().to_string();
  for (const GradientRow& row : *rows) EXPECT_LE(row.error, 1e-5) << row.weight;
}

}  // namespace minnow
