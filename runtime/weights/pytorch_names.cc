// PyTorch's names (torch.nn, version 2) and, where they differ, those of Hugging Face's Transformers.
#include "runtime/weights/name_table.h"

namespace minnow {
namespace {

#define CONVOLUTIONS "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d"
#define NORMS "batch_norm layer_norm group_norm instance_norm rms_norm"

constexpr NameRow kPyTorchRows[] = {
    {"dense", "weight", "weight", WeightLayout::kTransposed},
    {"dense", "weight", "weight", WeightLayout::kNotSquare},  // Conv1D of GPT-2
    {"dense " CONVOLUTIONS, "bias", "bias"},
    {CONVOLUTIONS " embedding position", "weight", "weight"},
    {"position", "weight", ""},  // a parameter of the module that has it
    {NORMS, "gain", "weight gamma"},
    {NORMS, "offset", "bias beta"},
    {"batch_norm", "running_mean", "running_mean"},
    {"batch_norm", "running_variance", "running_var"},
    {"prelu", "slope", "weight"},

    {"rnn lstm gru rnn-keras lstm-keras", "input.weight", "weight_ih_{}", WeightLayout::kTransposed},
    {"rnn lstm gru rnn-keras lstm-keras", "recurrent.weight", "weight_hh_{}", WeightLayout::kTransposed},
    {"rnn lstm gru", "input.bias", "bias_ih_{}"},
    {"rnn lstm gru", "recurrent.bias", "bias_hh_{}"},
    {"rnn-keras lstm-keras", "input.bias", "bias_ih_{}", WeightLayout::kSame, 0, 1, "bias_hh_{}"},
    {"gru-keras", "input.weight", "weight_ih_{}", WeightLayout::kGatesSwappedTransposed},
    {"gru-keras", "recurrent.weight", "weight_hh_{}", WeightLayout::kGatesSwappedTransposed},
    {"gru-keras", "input.bias", "bias_ih_{}", WeightLayout::kGatesSwapped},
    {"gru-keras", "recurrent.bias", "bias_hh_{}", WeightLayout::kGatesSwapped},

    {"attention", "query.weight", "in_proj_weight", WeightLayout::kTransposed, 0, 3},
    {"attention", "key.weight", "in_proj_weight", WeightLayout::kTransposed, 1, 3},
    {"attention", "value.weight", "in_proj_weight", WeightLayout::kTransposed, 2, 3},
    {"attention", "query.bias", "in_proj_bias", WeightLayout::kSame, 0, 3},
    {"attention", "key.bias", "in_proj_bias", WeightLayout::kSame, 1, 3},
    {"attention", "value.bias", "in_proj_bias", WeightLayout::kSame, 2, 3},
    {"attention", "query.weight", "q_proj_weight q_proj.weight query.weight", WeightLayout::kTransposed},
    {"attention", "key.weight", "k_proj_weight k_proj.weight key.weight", WeightLayout::kTransposed},
    {"attention", "value.weight", "v_proj_weight v_proj.weight value.weight", WeightLayout::kTransposed},
    {"attention", "query.bias", "q_proj.bias query.bias"},
    {"attention", "key.bias", "k_proj.bias key.bias"},
    {"attention", "value.bias", "v_proj.bias value.bias"},
    {"attention", "out.weight", "out_proj.weight o_proj.weight out.weight", WeightLayout::kTransposed},
    {"attention", "out.bias", "out_proj.bias o_proj.bias out.bias"},
};

#undef CONVOLUTIONS
#undef NORMS

}  // namespace

std::span<const NameRow> pytorch_rows() { return kPyTorchRows; }

}  // namespace minnow
