#include "frontend/load/name_hint.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "ir/error.h"

namespace minnow {
namespace {

// In small letters, without underscores.
std::string plain(std::string_view text) {
  std::string result;
  for (const char c : text)
    if (c != '_') result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

// A name of another framework, in small letters without underscores, and if it has one for 1d, 2d and 3d alike without
// that, and ours: of several that which the message has.
struct FamiliarName {
  std::string_view name, ours;
  std::string_view note = "";  // what else to write
};

constexpr FamiliarName kFamiliarNames[] = {
    {"adaptiveavgpool", "global_avg_pool"},
    {"adaptivemaxpool", "global_max_pool"},
    {"alpha", "slope"},
    {"averagepooling", "avg_pool"},
    {"batch", "batch_size"},
    {"batchnormalization", "batch_norm"},
    {"bceloss", "binary_cross_entropy_with_logits"},
    {"bcewithlogitsloss", "binary_cross_entropy_with_logits"},
    {"bidirectional", "lstm", "with bidirectional: true"},
    {"binarycrossentropy", "binary_cross_entropy_with_logits"},
    {"bmm", "matmul"},
    {"bn", "batch_norm"},
    {"cat", "concat"},
    {"categoryencoding", "one_hot"},
    {"channels", "filters"},
    {"chunk", "slice", "one for each part"},
    {"concatenate", "concat"},
    {"conv", "conv2d"},
    {"conv1dtranspose", "conv_transpose1d"},
    {"conv2dtranspose", "conv_transpose2d"},
    {"conv3dtranspose", "conv_transpose3d"},
    {"crop", "slice"},
    {"cropping2d", "slice"},
    {"crossattention", "attention", "of two inputs, the second the memory"},
    {"crossentropy", "softmax_cross_entropy"},
    {"crossentropyloss", "softmax_cross_entropy"},
    {"deconv", "conv_transpose2d"},
    {"delimiter", "separator"},
    {"depthwiseconv2d", "conv2d", "with groups: as many as the input has channels"},
    {"dot", "matmul"},
    {"einsum", "matmul"},
    {"elu", "activation", "with function: ELU"},
    {"embeddingdim", "units"},
    {"eps", "epsilon"},
    {"fc", "dense"},
    {"fullyconnected", "dense"},
    {"gamma", "factor"},
    {"gamma", "decay"},
    {"gelu", "activation", "with function: GELU"},
    {"geluapproximate", "GELU_TANH"},
    {"globalaveragepooling", "global_avg_pool"},
    {"globalmaxpooling", "global_max_pool"},
    {"glorotnormal", "xavier_normal"},
    {"glorotuniform", "xavier_uniform"},
    {"groupnormalization", "group_norm"},
    {"grucell", "gru"},
    {"hardsigmoid", "HARD_SIGMOID"},
    {"hardswish", "HARD_SWISH"},
    {"henormal", "kaiming_normal"},
    {"heuniform", "kaiming_uniform"},
    {"hiddensize", "units"},
    {"inputdim", "vocabulary"},
    {"interpolate", "upsample"},
    {"iscausal", "causal"},
    {"kernelsize", "kernel"},
    {"l1loss", "l1"},
    {"layernormalization", "layer_norm"},
    {"leakyrelu", "LEAKY_RELU"},
    {"leakyrelu", "activation", "with function: LEAKY_RELU"},
    {"linear", "dense"},
    {"lr", "learning_rate"},
    {"lstmcell", "lstm"},
    {"mae", "l1"},
    {"max", "reduce", "with function: MAX"},
    {"maxpooling", "max_pool"},
    {"mean", "reduce", "with function: MEAN"},
    {"mish", "activation", "with function: MISH"},
    {"mse", "mean_squared_error"},
    {"mseloss", "mean_squared_error"},
    {"multiheadattention", "attention"},
    {"multiply", "mul"},
    {"narrow", "slice"},
    {"negativeslope", "slope"},
    {"nheads", "heads"},
    {"numembeddings", "vocabulary"},
    {"numheads", "heads"},
    {"numlayers", "layers"},
    {"onehot", "one_hot"},
    {"outchannels", "filters"},
    {"outfeatures", "units"},
    {"outputdim", "units"},
    {"p", "rate"},
    {"poolsize", "kernel"},
    {"positionalembedding", "position"},
    {"positionalencoding", "position"},
    {"positionembedding", "position"},
    {"relu", "activation", "with function: RELU"},
    {"relu6", "activation", "with function: RELU6"},
    {"returnsequences", "output", "SEQUENCE, or LAST"},
    {"rnncell", "rnn"},
    {"scaleddotproductattention", "attention"},
    {"selfattention", "attention"},
    {"sep", "separator"},
    {"separableconv2d", "conv2d", "with groups: as many as the input has channels, then one with kernel: 1"},
    {"sigmoid", "activation", "with function: SIGMOID"},
    {"silu", "activation", "with function: SILU"},
    {"simplernn", "rnn"},
    {"smoothl1", "huber"},
    {"softplus", "activation", "with function: SOFTPLUS"},
    {"sparsecategoricalcrossentropy", "softmax_cross_entropy"},
    {"spatialdropout", "dropout"},
    {"split", "slice", "one for each part"},
    {"squeeze", "reshape"},
    {"std", "deviation"},
    {"std", "sigma"},
    {"stepsize", "every"},
    {"strides", "stride"},
    {"sum", "reduce", "with function: SUM"},
    {"swapaxes", "permute"},
    {"swish", "SILU"},
    {"swish", "activation", "with function: SILU"},
    {"tanh", "activation", "with function: TANH"},
    {"timedistributed", "dense", "with per_position: true"},
    {"transpose", "permute"},
    {"unbind", "slice", "one for each part"},
    {"unsqueeze", "reshape"},
    {"upsampling", "upsample"},
    {"view", "reshape"},
};

// "maxpool" of "maxpool2d".
std::string_view without_dimensions(std::string_view name) {
  for (const std::string_view dimensions : {"1d", "2d", "3d"})
    if (name.ends_with(dimensions)) name.remove_suffix(dimensions.size());
  return name;
}

FamiliarName meant_name(std::string_view name, const std::vector<std::string>& known) {
  const std::string whole = plain(name);
  for (const std::string_view text : {std::string_view(whole), without_dimensions(whole)}) {
    for (const std::string& candidate : known)
      if (plain(candidate) == text) return {name, candidate};
    for (const FamiliarName& familiar : kFamiliarNames)
      if (familiar.name == text && std::ranges::find(known, familiar.ours) != known.end()) return familiar;
  }
  const std::string nearest = nearest_name(name, known);
  const auto found = std::ranges::find(known, nearest);
  return {name, found == known.end() ? std::string_view() : *found};
}

}  // namespace

std::string name_hint(std::string_view name, const std::vector<std::string>& known) {
  const FamiliarName meant = meant_name(name, known);
  if (!meant.ours.empty())
    return fmt::format("did you mean \"{}\"{}{}?", meant.ours, meant.note.empty() ? "" : ", ", meant.note);
  constexpr size_t kMostListed = 30;
  const size_t count = std::min(known.size(), kMostListed);
  const std::string list =
      fmt::format("{}", fmt::join(known.begin(), known.begin() + static_cast<ptrdiff_t>(count), ", "));
  return known.empty() ? "" : fmt::format("known: {}{}", list, count < known.size() ? ", ..." : "");
}

}  // namespace minnow
