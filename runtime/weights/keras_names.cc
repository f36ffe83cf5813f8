// The paths of Keras 3's variables, "dense/kernel", with dots for slashes. Where they are numbered, as in .weights.h5
// files, "vars.0" is the first.
#include "runtime/weights/name_table.h"

namespace minnow {
namespace {

#define CONVOLUTIONS "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d"
#define NORMS "batch_norm layer_norm group_norm instance_norm"

constexpr NameRow kKerasRows[] = {
    {"dense", "weight", "kernel vars.0", WeightLayout::kFlattened},
    {CONVOLUTIONS, "weight", "kernel vars.0", WeightLayout::kChannelsLast},
    {"conv1d conv2d", "weight", "kernel depthwise_kernel vars.0", WeightLayout::kDepthwise},
    {"dense " CONVOLUTIONS, "bias", "bias vars.1"},
    {"embedding", "weight", "embeddings vars.0"},
    {"position", "weight", "embeddings"},
    {NORMS, "gain", "gamma vars.0", WeightLayout::kFlattened},
    {NORMS, "offset", "beta vars.1", WeightLayout::kFlattened},
    {"rms_norm", "gain", "scale vars.0", WeightLayout::kFlattened},
    {"batch_norm", "running_mean", "moving_mean vars.2", WeightLayout::kFlattened},
    {"batch_norm", "running_variance", "moving_variance vars.3", WeightLayout::kFlattened},
    {"prelu", "slope", "alpha vars.0", WeightLayout::kFlattened},

    {"rnn lstm rnn-keras lstm-keras gru-keras", "input.weight", "{}.kernel {}.vars.0"},
    {"rnn lstm rnn-keras lstm-keras gru-keras", "recurrent.weight", "{}.recurrent_kernel {}.vars.1"},
    {"rnn lstm rnn-keras lstm-keras", "input.bias", "{}.bias {}.vars.2"},
    // Keras has one bias where PyTorch has two that only add up.
    {"rnn lstm", "recurrent.bias", "{}.bias {}.vars.2", WeightLayout::kSame, 0, 1, {}, true},
    {"gru", "input.weight", "{}.kernel {}.vars.0", WeightLayout::kGatesSwapped},
    {"gru", "recurrent.weight", "{}.recurrent_kernel {}.vars.1", WeightLayout::kGatesSwapped},
    {"gru", "input.bias", "{}.bias {}.vars.2", WeightLayout::kGatesSwapped, 0, 2},
    {"gru", "recurrent.bias", "{}.bias {}.vars.2", WeightLayout::kGatesSwapped, 1, 2},
    {"gru-keras", "input.bias", "{}.bias {}.vars.2", WeightLayout::kSame, 0, 2},
    {"gru-keras", "recurrent.bias", "{}.bias {}.vars.2", WeightLayout::kSame, 1, 2},

    {"attention", "query.weight", "query.kernel", WeightLayout::kHeads},
    {"attention", "key.weight", "key.kernel", WeightLayout::kHeads},
    {"attention", "value.weight", "value.kernel", WeightLayout::kHeads},
    {"attention", "query.bias", "query.bias", WeightLayout::kHeads},
    {"attention", "key.bias", "key.bias", WeightLayout::kHeads},
    {"attention", "value.bias", "value.bias", WeightLayout::kHeads},
    {"attention", "out.weight", "attention_output.kernel", WeightLayout::kHeadsFirst},
    {"attention", "out.bias", "attention_output.bias"},
};

#undef CONVOLUTIONS
#undef NORMS

}  // namespace

std::span<const NameRow> keras_rows() { return kKerasRows; }

}  // namespace minnow
