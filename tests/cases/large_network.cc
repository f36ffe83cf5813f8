#include "tests/cases/large_network.h"

#include "frontend/load/load_experiment.h"
#include "frontend/lower/lower_model.h"
#include "passes/gradient/optimizer.h"

namespace minnow {
namespace {

std::string layer(const std::string& name, const std::string& kind, const std::string& inputs) {
  return fmt::format("layers {{ name: \"{}\" {} inputs: [{}] }}\n", name, kind, inputs);
}

// The block's layers; `before` is the name of what feeds it, and the last layer is called "v<i>".
std::string block(const std::string& kind, int i, const std::string& before) {
  const std::string input = fmt::format("\"{}\"", before);
  const std::string name = fmt::format("v{}", i);
  const std::string inner = fmt::format("a{}", i);
  const std::string other = fmt::format("b{}", i);
  if (kind == "dense") return layer(name, "dense { units: 16 activation: RELU }", input);
  if (kind == "batch_norm")
    return layer(inner, "conv2d { filters: 2 kernel: 3 padding: SAME }", input) +
           layer(other, "batch_norm {}", "\"" + inner + "\"") +
           layer(name, "activation { function: RELU }", "\"" + other + "\"");
  if (kind == "branches")
    return layer(inner, "dense { units: 8 activation: TANH }", input) +
           layer(other, "dense { units: 8 activation: RELU }", input) +
           layer(name, "concat {}", fmt::format("\"{}\", \"{}\"", inner, other));
  const std::string_view function = kind == "tanh" ? "TANH" : "SILU";
  return layer(inner, fmt::format("activation {{ function: {} }}", function), input) +
         layer(name, "add {}", fmt::format("{}, \"{}\"", input, inner));
}

}  // namespace

std::string large_model(const std::string& kind, int blocks) {
  const bool has_images = kind == "batch_norm" || kind == "residual";
  std::string text = fmt::format("inputs {{ name: \"x\" shape: [{}] }}\n", has_images ? "1, 6, 6" : "16");
  text += layer("first", has_images ? "conv2d { filters: 2 kernel: 3 padding: SAME }" : "dense { units: 16 }", "\"x\"");
  for (int i = 0; i < blocks; ++i) text += block(kind, i, i == 0 ? "first" : fmt::format("v{}", i - 1));
  text += "layers { name: \"last\" dense { units: 4 } }\nloss { softmax_cross_entropy {} }\n";
  return text + "training { learning_rate: 0.1 batch_size: 32 epochs: 1 }\n";
}

std::unique_ptr<Function> large_step(const std::string& kind, int blocks) {
  auto model = parse_model_text(large_model(kind, blocks), "large.textproto");
  MINNOW_CHECK(model, "{}", model.error().to_string());
  const Status status = complete_model(*model);
  MINNOW_CHECK(status, "{}", status.error().to_string());
  LowerOptions options;
  options.batch_size = 32;
  const auto lowered = lower_model(*model, options);
  MINNOW_CHECK(lowered, "{}", lowered.error().to_string());
  auto step = build_train_step(*lowered->module.find("loss"), {});
  MINNOW_CHECK(step, "{}", step.error().to_string());
  return std::move(*step);
}

}  // namespace minnow
