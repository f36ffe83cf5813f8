// Fits a line to points of its own, with a model that is a text, step by step; then reads slope and offset where they
// are.
#include <minnow/minnow.h>

#include <array>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace {

constexpr std::string_view kModel = R"(
  inputs { name: "x" shape: [1] }
  layers { name: "line" dense { units: 1 } }
  loss { mean_squared_error {} }
  training { learning_rate: 0.1 batch_size: 64 }
)";

void check(minnow_status status) {
  if (status != MINNOW_OK) throw std::runtime_error(minnow_error_text());
}

struct Free {
  void operator()(minnow_model* model) const { minnow_free(model); }
};
using Model = std::unique_ptr<minnow_model, Free>;

Model parse(std::string_view text) {
  minnow_model* model = nullptr;
  check(minnow_parse(text.data(), text.size(), "line", nullptr, &model));
  return Model(model);
}

float only_number(minnow_model* model, const char* weight) {
  minnow_array array;
  check(minnow_find_weight(model, weight, &array));
  return *static_cast<const float*>(array.data);
}

void run() {
  constexpr int kPoints = 64;
  std::vector<float> x(kPoints), y(kPoints);
  for (int i = 0; i < kPoints; ++i) {
    x[i] = static_cast<float>(i) / kPoints * 2 - 1;
    y[i] = 3 * x[i] + 0.5F;
  }
  const Model model = parse(kModel);
  const std::array<minnow_array, 2> points = {
      {{"x", MINNOW_F32, 2, {kPoints, 1}, x.data()}, {"target", MINNOW_F32, 2, {kPoints, 1}, y.data()}}};
  minnow_outcome outcome{};
  for (int step = 0; step < 200; ++step)
    check(minnow_train_step(model.get(), points.data(), points.size(), 0.3, &outcome));
  std::printf("loss %.6f: y = %.3f x + %.3f\n", outcome.loss, only_number(model.get(), "line.weight"),
              only_number(model.get(), "line.bias"));
}

}  // namespace

int main() {
  try {
    run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
