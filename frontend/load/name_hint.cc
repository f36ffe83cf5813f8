#include "frontend/load/name_hint.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "ir/error.h"

namespace minnow {
namespace {

std::string small_letters(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

// Names of other frameworks, in small letters, with ours. Which of ours is meant depends on the message.
const std::multimap<std::string, std::string>& familiar_names() {
  static const std::multimap<std::string, std::string> kNames = {
      {"alpha", "slope"},
      {"avgpool1d", "avg_pool"},
      {"avgpool2d", "avg_pool"},
      {"avgpool3d", "avg_pool"},
      {"bceloss", "binary_cross_entropy_with_logits"},
      {"bcewithlogitsloss", "binary_cross_entropy_with_logits"},
      {"binary_cross_entropy", "binary_cross_entropy_with_logits"},
      {"batch", "batch_size"},
      {"batchnorm1d", "batch_norm"},
      {"batchnorm2d", "batch_norm"},
      {"batchnorm3d", "batch_norm"},
      {"bn", "batch_norm"},
      {"channels", "filters"},
      {"conv", "conv2d"},
      {"cross_entropy", "softmax_cross_entropy"},
      {"crossentropyloss", "softmax_cross_entropy"},
      {"fc", "dense"},
      {"fully_connected", "dense"},
      {"gamma", "factor"},
      {"gamma", "decay"},
      {"delimiter", "separator"},
      {"eps", "epsilon"},
      {"gelu_approximate", "GELU_TANH"},
      {"hardsigmoid", "HARD_SIGMOID"},
      {"hardswish", "HARD_SWISH"},
      {"he_normal", "kaiming_normal"},
      {"he_uniform", "kaiming_uniform"},
      {"glorot_normal", "xavier_normal"},
      {"glorot_uniform", "xavier_uniform"},
      {"is_causal", "causal"},
      {"kernel_size", "kernel"},
      {"l1loss", "l1"},
      {"leakyrelu", "LEAKY_RELU"},
      {"linear", "dense"},
      {"lr", "learning_rate"},
      {"mae", "l1"},
      {"mse", "mean_squared_error"},
      {"mseloss", "mean_squared_error"},
      {"multi_head_attention", "attention"},
      {"multiheadattention", "attention"},
      {"negative_slope", "slope"},
      {"num_heads", "heads"},
      {"nheads", "heads"},
      {"out_channels", "filters"},
      {"out_features", "units"},
      {"p", "rate"},
      {"pool_size", "kernel"},
      {"positional_encoding", "position"},
      {"position_embedding", "position"},
      {"sep", "separator"},
      {"smooth_l1", "huber"},
      {"sparse_categorical_crossentropy", "softmax_cross_entropy"},
      {"std", "deviation"},
      {"std", "sigma"},
      {"step_size", "every"},
      {"strides", "stride"},
      {"swish", "SILU"},
      {"transpose", "permute"},
  };
  return kNames;
}

std::string meant_name(std::string_view name, const std::vector<std::string>& known) {
  const std::string small = small_letters(name);
  for (const std::string& candidate : known)
    if (small_letters(candidate) == small) return candidate;
  const auto [begin, end] = familiar_names().equal_range(small);
  for (auto it = begin; it != end; ++it)
    if (std::ranges::find(known, it->second) != known.end()) return it->second;
  return nearest_name(name, known);
}

}  // namespace

std::string name_hint(std::string_view name, const std::vector<std::string>& known) {
  const std::string meant = meant_name(name, known);
  if (!meant.empty()) return fmt::format("did you mean \"{}\"?", meant);
  constexpr size_t kMostListed = 30;
  const size_t count = std::min(known.size(), kMostListed);
  const std::string list =
      fmt::format("{}", fmt::join(known.begin(), known.begin() + static_cast<ptrdiff_t>(count), ", "));
  return known.empty() ? "" : fmt::format("known: {}{}", list, count < known.size() ? ", ..." : "");
}

}  // namespace minnow
