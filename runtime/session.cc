#include "runtime/session.h"

#include <algorithm>
#include <array>

#include "frontend/load/program.h"
#include "frontend/onnx/onnx_file.h"
#include "ir/printable.h"
#include "passes/gradient/optimizer.h"
#include "passes/pass_runner.h"
#include "passes/pipeline.h"
#include "runtime/division/division.h"
#include "runtime/optimizer_spec.h"

namespace minnow {
namespace {

std::string_view function_name(ModelFunction function) {
  constexpr std::array<std::string_view, 4> kNames = {"infer", "evaluate", "train_step", "generate"};
  return kNames[static_cast<size_t>(function)];
}

template <typename T>
void set_scalar(Tensor& tensor, T value) {
  tensor.as<T>()[0] = value;
}

double scalar_result(const Executable& executable, std::string_view name) {
  return static_cast<double>(executable.result(name).as<float>()[0]);
}

BatchOutcome outcome_of(const Executable& executable, const Batch& batch) {
  const bool counts = executable.function().find_result("counted") != nullptr;
  return {scalar_result(executable, "loss"), scalar_result(executable, "correct"),
          counts ? scalar_result(executable, "counted") : static_cast<double>(batch.size())};
}

tl::unexpected<Error> no_predictions(const LoadedModel& model) {
  return fail(model.program->file, "the program has no function @infer, so it gives no predictions");
}

tl::unexpected<Error> unknown_function(const LoadedModel& model, std::string_view name) {
  if (model.program && name == "infer") return no_predictions(model);
  const std::string nearest = nearest_name(name, {"infer", "evaluate", "loss", "train_step", "generate"});
  return tl::unexpected(Error{
      "--function", fmt::format("there is no function \"{}\"", name),
      nearest.empty() ? "one of infer, evaluate, loss, train_step, generate" : fmt::format("did you mean {}?", nearest),
      ExitCode::kUsage});
}

bool wants_naive_softmax(const Model& model) {
  const auto is_naive = [](const spec::Layer& layer) { return layer.softmax().form() == spec::Softmax::NAIVE; };
  const auto has_naive = [](const spec::Loss& loss) {
    return loss.softmax_cross_entropy().form() == spec::Softmax::NAIVE;
  };
  return has_naive(model.loss()) || std::ranges::any_of(model.losses(), has_naive) ||
         std::ranges::any_of(model.layers(), is_naive);
}

bool is_batch(const TensorType& type, int64_t examples, std::initializer_list<DType> dtypes) {
  return std::ranges::find(dtypes, type.dtype) != dtypes.end() && type.rank() > 0 && type.dim(0) == examples;
}

// Anything may come into a graph without a loss, and out of it.
Status check_takes_examples(const LoadedModel& model, const LoweredModel& lowered, const FunctionResult& prediction) {
  const int64_t examples = model.model.training().batch_size();
  if (lowered.inputs.empty()) return fail(model.graph->path(), "the graph has no input that examples could fill");
  for (const InputInfo& input : lowered.inputs)
    if (!is_batch(input.type, examples, {DType::kF32, DType::kI32, DType::kU8}))
      return fail(model.graph->path(), "the input {} is {}, which is no batch of {} examples", printable(input.name),
                  input.type.to_string(), examples);
  if (is_batch(prediction.value->type, examples, {DType::kF32})) return {};
  return fail(model.graph->path(), "the output {} is {}, which holds no prediction for each example",
              printable(prediction.name), prediction.value->type.to_string());
}

// Of a rank, those in which bytes lie that its share reads.
RowsRead rows_of_inputs(const Executable& executable) {
  RowsRead reads;
  for (const auto& parameter : executable.function().parameters()) {
    if (parameter->role != Role::kInput) continue;
    const int64_t row_bytes = parameter->type.bytes() / std::max<int64_t>(parameter->type.dim(0), 1);
    std::vector<ByteRange> rows;
    for (const ByteRange& bytes : executable.division()->reads_of_parameter(parameter->index))
      if (row_bytes > 0) rows.push_back({bytes.begin / row_bytes, (bytes.end + row_bytes - 1) / row_bytes});
    reads.emplace(parameter->name, joined(std::move(rows)));
  }
  return reads;
}

}  // namespace

Result<std::unique_ptr<Function>> build_function(const LoadedModel& model, std::string_view function,
                                                 const BuildOptions& options) {
  MINNOW_ASSIGN(LoweredModel lowered, lower_model(model, options.lower));
  std::unique_ptr<Function> built;
  if (function == "train_step") MINNOW_TRY(check_has_loss(model));
  if (function == "train_step") {
    const OptimizerSpec optimizer = optimizer_spec(model.model.training(), lowered.weights);
    auto step = build_train_step(*lowered.module.find("loss"), optimizer);
    // What is wrong with a program shows here; with layers it has been told already, but that nothing is left to train.
    if (!step) step.error().where = model.program ? model.program->file : model.where("training.freeze.0");
    MINNOW_ASSIGN(built, std::move(step));
  } else if (function == "generate" && !model.program && !model.graph) {
    MINNOW_ASSIGN(built, lower_generation(model, lowered, options.lower));
  } else {
    const Function* found = lowered.module.find(function);
    if (!found) return unknown_function(model, function);
    built = found->clone();
  }
  PassOptions passes = options.passes;
  if (wants_naive_softmax(model.model)) passes.skip.emplace_back("stabilize-softmax");
  MINNOW_ASSIGN(std::vector<PassRecord> records, run_passes(*built, options.pipeline, passes));
  if (options.records) *options.records = std::move(records);
  return built;
}

Result<std::unique_ptr<Session>> Session::create(LoadedModel model, const SessionOptions& options, ThreadPool& pool) {
  if (options.trains) MINNOW_TRY(check_has_loss(model));
  std::unique_ptr<Session> session(new Session(std::move(model), options, pool));
  const LowerOptions lower{session->model_.model.training().batch_size(), options.max_bytes};
  MINNOW_ASSIGN(session->lowered_, lower_model(session->model_, lower));
  MINNOW_TRY(session->create_tensors());
  return session;
}

Status Session::create_tensors() {
  const auto seed = static_cast<uint32_t>(model_.model.training().seed());
  set_scalar<int32_t>(seed_, static_cast<int32_t>(seed));
  for (const WeightInfo& weight : lowered_.weights) {
    const std::vector<float> values = initialize_weight(weight.init, weight.name, weight.shape, seed);
    tensors_.insert_or_assign(weight.name, Tensor::from<float>({DType::kF32, weight.shape}, std::span(values)));
  }
  for (const StateInfo& state : lowered_.states) {
    const std::vector<float> values = state.initial_values();
    tensors_.insert_or_assign(state.name, Tensor::from<float>({DType::kF32, state.shape}, std::span(values)));
  }
  if (!options_.trains) return {};
  // Optimiser state starts at zero; the train step's own parameters say which there is.
  MINNOW_ASSIGN(const auto step,
                build_function(model_, "train_step", {{batch_size_for(model_, 1), options_.max_bytes}, {}, {}}));
  for (const auto& parameter : step->parameters())
    if (parameter->role == Role::kState && !tensors_.contains(parameter->name))
      tensors_.emplace(parameter->name, Tensor::zeros(parameter->type));
  return {};
}

Result<Executable*> Session::executable(ModelFunction function, int64_t batch_size) {
  auto& slot = executables_[{function, batch_size}];
  if (slot) return slot.get();
  const bool compiled = options_.backend == Backend::kJit;
  BuildOptions build{{batch_size, options_.max_bytes}, {}, {}};
  if (compiled && options_.optimize) build.pipeline = default_pipeline();
  if (!options_.fuse) build.passes.skip.emplace_back("fuse");
  build.passes.interrupt = options_.code.interrupt;
  MINNOW_ASSIGN(auto built, build_function(model_, function_name(function), build));
  if (compiled) {
    CodeOptions code = options_.code;
    code.keeps_weights = !writes_tensors(*built);
    MINNOW_ASSIGN(slot, make_compiled(std::move(built), pool_, code, options_.executor));
  } else {
    slot = make_interpreted(std::move(built), options_.code.interrupt);
  }
  return slot.get();
}

Result<const RowsRead*> Session::rows_read(ModelFunction function, int64_t batch_size) {
  MINNOW_ASSIGN(const Executable* executable, this->executable(function, batch_size));
  const auto [found, is_new] = rows_read_.try_emplace({function, batch_size});
  if (is_new && executable->division() != nullptr) found->second = rows_of_inputs(*executable);
  return &found->second;
}

Tensor* Session::find_argument(const Value& parameter, Batch& batch) {
  if (parameter.role == Role::kInput) {
    const auto found = batch.tensors.find(parameter.name);
    MINNOW_CHECK(found != batch.tensors.end(), "the batch has no \"{}\"", parameter.name);
    return &found->second;
  }
  if (parameter.name == "learning_rate") return &learning_rate_;
  if (parameter.name == "step") return &step_;
  if (parameter.name == "seed") return &seed_;
  return &tensors_.at(parameter.name);
}

std::vector<Tensor*> Session::bind(const Function& function, Batch& batch, int64_t step, double learning_rate) {
  set_scalar<int32_t>(step_, static_cast<int32_t>(step));
  set_scalar<float>(learning_rate_, static_cast<float>(learning_rate));
  std::vector<Tensor*> arguments;
  for (const auto& parameter : function.parameters()) arguments.push_back(find_argument(*parameter, batch));
  return arguments;
}

Status Session::run(Executable& executable, Batch& batch, int64_t step, double learning_rate) {
  return run(executable, bind(executable.function(), batch, step, learning_rate));
}

bool Session::writes_tensors(const Function& function) const {
  return std::ranges::any_of(function.results(), [&](const FunctionResult& result) {
    return function.replaced_parameter(result) != nullptr && tensors_.contains(result.name);
  });
}

Status Session::run(Executable& executable, std::span<Tensor* const> arguments) {
  const auto last = ran_with_.find(&executable);
  const bool has_same_weights = !lends_weights_ && last != ran_with_.end() && last->second == weights_version_;
  if (last != ran_with_.end()) last->second = -1;  // of a run that fails nothing is known
  MINNOW_TRY(has_same_weights ? executable.run_again(arguments) : executable.run(arguments));
  if (writes_tensors(executable.function())) weights_changed();
  else ran_with_[&executable] = weights_version_;
  return {};
}

Result<BatchOutcome> Session::train_step(Batch& batch, int64_t step, double learning_rate) {
  MINNOW_ASSIGN(Executable * executable, this->executable(ModelFunction::kTrainStep, batch.size()));
  MINNOW_TRY(run(*executable, batch, step, learning_rate));
  return outcome_of(*executable, batch);
}

Result<BatchOutcome> Session::evaluate(Batch& batch) {
  MINNOW_ASSIGN(Executable * executable, this->executable(ModelFunction::kEvaluate, batch.size()));
  MINNOW_TRY(run(*executable, batch, 0, 0));
  return outcome_of(*executable, batch);
}

Result<const Tensor*> Session::infer(Batch& batch) {
  MINNOW_ASSIGN(Executable * executable, this->executable(ModelFunction::kInfer, batch.size()));
  MINNOW_TRY(run(*executable, batch, 0, 0));
  return &executable->result(executable->function().results()[0].name);
}

Result<TensorType> prediction_type(const Session& session) {
  const LoadedModel& model = session.model();
  const Function* infer = session.lowered().module.find("infer");
  if (infer == nullptr) return no_predictions(model);
  const FunctionResult& prediction = infer->results()[0];
  if (!model.has_loss()) MINNOW_TRY(check_takes_examples(model, session.lowered(), prediction));
  return prediction.value->type;
}

}  // namespace minnow
