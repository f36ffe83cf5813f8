#include "frontend/lower/lower_program.h"

#include <algorithm>

#include "frontend/load/complain.h"
#include "frontend/lower/program_function.h"
#include "frontend/lower/program_weights.h"
#include "ir/contraction.h"

namespace minnow {
namespace {

// The functions that training takes, those that the program has.
constexpr std::string_view kFunctions[] = {"loss", "evaluate", "infer"};

Status check_bytes(const Program& program, const Function& function, int64_t allowed) {
  int64_t bytes = 0;
  for (const auto& parameter : function.parameters()) bytes += parameter->type.bytes();
  for (const auto& op : function.ops())
    for (const auto& result : op->results) bytes += result->type.bytes();
  if (bytes <= allowed) return {};
  return fail_with_hint(program.file,
                        fmt::format("@{} needs {} bytes, but {} are allowed", function.name(), bytes, allowed),
                        "--max-memory allows more");
}

Status add_functions(const LoadedModel& loaded, const LowerOptions& options, LoweredModel* lowered) {
  const Program& program = *loaded.program;
  for (const std::string_view name : kFunctions) {
    const Function* written = program.module->find(name);
    if (written == nullptr && name == "infer") continue;
    if (written != nullptr) {
      MINNOW_TRY(check_program_function(program, *written));
      MINNOW_TRY(check_bytes(program, *written, options.max_bytes));
    }
    auto function = written != nullptr ? written->clone() : lowered->module.find("loss")->clone();
    if (written == nullptr) {
      make_evaluation(*function, program.batch);
    } else if (name == "infer") {
      MINNOW_TRY(order_prediction(program, *function));
    } else {
      MINNOW_TRY(order_loss_results(program, *function, name == "loss"));
    }
    lowered->module.functions.push_back(std::move(function));
  }
  return {};
}

// Behind whatever only moves elements.
const Value* source_of(const Value* value) {
  constexpr OpKind kMoves[] = {OpKind::kReshape, OpKind::kTranspose, OpKind::kSlice, OpKind::kReverse,
                               OpKind::kBroadcast};
  while (!value->is_parameter() && std::ranges::find(kMoves, value->op->kind) != std::end(kMoves))
    value = value->op->operands[0];
  return value;
}

// Tokens that index the rows of a table lie below their number.
int64_t vocabulary_of(const Function& function, const Value& input) {
  int64_t least = 0;
  for (const auto& op : function.ops()) {
    if (op->kind != OpKind::kGather || source_of(op->operands[1]) != &input) continue;
    const int64_t size = op->operands[0]->type.dim(op->attr<DimAttributes>().dim);
    least = least == 0 ? size : std::min(least, size);
  }
  return least;
}

// Classes are the last dimension of a prediction that has a row of them for each label; a single number is no choice.
int64_t classes_of(const Function* infer, const TensorType& labels) {
  if (infer == nullptr || labels.dtype != DType::kI32) return 0;
  const Shape& shape = infer->results()[0].value->type.shape;
  const bool fits =
      shape.size() == labels.shape.size() + 1 && std::equal(labels.shape.begin(), labels.shape.end(), shape.begin());
  return fits && shape.back() > 1 ? shape.back() : 0;
}

bool tells_correct(const Function& function) {
  const Value* correct = function.find_result("correct")->value;
  return correct->op == nullptr || correct->op->kind != OpKind::kConstant;
}

void describe_fed(const Program& program, LoweredModel* lowered) {
  constexpr int32_t kIgnored = -1;
  const Function& loss = *lowered->module.find("loss");
  const Function* infer = lowered->module.find("infer");
  for (const Value* input : program.inputs)
    lowered->inputs.push_back({input->name, input->type, vocabulary_of(program.loss(), *input)});
  const bool counts = loss.find_result("counted") != nullptr;
  for (const Value* target : program.targets) {
    const bool is_first = target == program.targets[0];
    TargetInfo info{target->name, target->type, is_first ? classes_of(infer, target->type) : 0};
    if (counts && target->type.dtype == DType::kI32) info.ignored = kIgnored;
    lowered->targets.push_back(std::move(info));
  }
  lowered->classifies = tells_correct(loss) && tells_correct(*lowered->module.find("evaluate"));
  if (lowered->targets.empty()) return;
  const TargetInfo& first = lowered->targets[0];
  lowered->classes = lowered->classifies ? first.classes : 0;
  lowered->labels_positions = lowered->classes > 0 && first.type.rank() > 1;
  if (lowered->classifies && !counts) lowered->predictions_per_example = first.type.elements() / program.batch;
}

// A row for each location, with the weights that are first read there and the work of an example.
void describe_layers(LoweredModel* lowered, int64_t batch) {
  std::vector<const Value*> seen;
  const auto is_new_weight = [&](const Value* value) {
    return value->is_parameter() && value->role == Role::kWeight && std::ranges::find(seen, value) == seen.end();
  };
  for (const auto& op : lowered->module.find("loss")->ops()) {
    const std::string& layer = op->location.layer;
    auto row = std::ranges::find(lowered->layers, layer, &LayerRow::name);
    if (row == lowered->layers.end()) row = lowered->layers.insert(row, {.name = layer, .kind = "ir", .output = {}});
    const Shape& shape = op->type().shape;
    const bool has_batch = !shape.empty() && shape[0] == batch;
    row->output = Shape(shape.begin() + (has_batch ? 1 : 0), shape.end());
    row->flops += contraction_flops(*op) / static_cast<double>(batch);
    for (const Value* operand : op->operands) {
      if (!is_new_weight(operand)) continue;
      seen.push_back(operand);
      row->weights += operand->type.elements();
    }
  }
  for (LayerRow& row : lowered->layers)
    if (row.name.empty()) row.name = "@loss";
}

}  // namespace

Result<LoweredModel> lower_program(const LoadedModel& loaded, const LowerOptions& options) {
  const Program& program = *loaded.program;
  if (options.batch_size != program.batch)
    return fail(program.file, "the program is written for a batch of {}, so it cannot run on {}", program.batch,
                options.batch_size);
  LoweredModel lowered;
  lowered.has_fixed_batch = true;
  MINNOW_TRY(add_functions(loaded, options, &lowered));
  MINNOW_TRY(find_weights(loaded, program.loss(), &lowered));
  describe_fed(program, &lowered);
  lowered.has_perplexity = loaded.model.network().perplexity();
  describe_layers(&lowered, program.batch);
  for (const auto& function : lowered.module.functions)
    normalize_inputs(program, *function, loaded.model.data().normalize());
  return lowered;
}

}  // namespace minnow
