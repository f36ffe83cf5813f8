#include "tools/report/measure.h"

#include <fmt/format.h>

#include <utility>

#include "ir/contraction.h"
#include "passes/pipeline.h"
#include "runtime/flops.h"
#include "tools/flags/ir_file.h"

namespace minnow {

namespace {

constexpr double kLearningRate = 0.001;  // low: the same batch again and again must not diverge

}  // namespace

Status MeasuredFunction::build(const LoadedModel& loaded, const SessionOptions& options, ModelFunction function) {
  SessionOptions fitting = options;
  fitting.trains = options.trains && loaded.has_loss();
  MINNOW_ASSIGN(session_, Session::create(loaded, fitting, *pool_));
  batch_ = draw_batch(*session_);
  const auto start = std::chrono::steady_clock::now();
  MINNOW_ASSIGN(executable_, session_->executable(function, loaded.model.training().batch_size()));
  build_seconds_ = seconds_since(start);
  return {};
}

Status MeasuredFunction::build(const Function& function, const SessionOptions& options) {
  for (const auto& parameter : function.parameters()) arguments_.push_back(random_argument(*parameter, kLearningRate));
  const auto start = std::chrono::steady_clock::now();
  auto copy = function.clone();
  if (options.backend == Backend::kInterpreter) {
    owned_ = make_interpreted(std::move(copy));
  } else {
    PassOptions passes;
    if (!options.fuse) passes.skip.emplace_back("fuse");
    MINNOW_TRY(run_passes(*copy, default_pipeline(), passes));
    MINNOW_ASSIGN(owned_, make_compiled(std::move(copy), *pool_, options.code));
  }
  executable_ = owned_.get();
  build_seconds_ = seconds_since(start);
  return {};
}

Result<MeasuredFunction> measure_as_it_stands(const Function& function, int threads) {
  MeasuredFunction measured;
  measured.pool_ = std::make_unique<ThreadPool>(threads);
  for (const auto& parameter : function.parameters())
    measured.arguments_.push_back(random_argument(*parameter, kLearningRate));
  MINNOW_ASSIGN(measured.owned_, make_compiled(function.clone(), *measured.pool_));
  measured.executable_ = measured.owned_.get();
  return measured;
}

Status MeasuredFunction::run() {
  if (session_) return session_->run(*executable_, batch_, step_++, kLearningRate);
  std::vector<Tensor*> pointers;
  for (Tensor& argument : arguments_) pointers.push_back(&argument);
  return executable_->run(pointers);
}

Result<Subject> Subject::read(const ModelFlags& model, const std::string& function, int64_t max_bytes) {
  Subject subject;
  MINNOW_ASSIGN(const bool is_made, is_ir_file(model.path) ? is_made_of_loss(model.path, function) : false);
  if (is_ir_file(model.path) && !is_made) {
    MINNOW_ASSIGN(const auto module, read_ir_file(model.path));
    MINNOW_ASSIGN(const Function* const found, choose_function(*module, shown_path(model.path), function));
    MINNOW_TRY(check_memory(shown_path(model.path), *found, max_bytes));
    subject.text_ = found->clone();
    subject.name_ = shown_path(model.path);
    subject.function_ = found->name();
    return subject;
  }
  if (!function.empty() && function != "infer" && function != "train_step" && function != "generate")
    return tl::unexpected(Error{"--function", fmt::format("\"{}\" cannot be measured", function),
                                "a model's infer, train_step or generate can", ExitCode::kUsage});
  MINNOW_ASSIGN(LoadedModel loaded, model.read());
  if (function == "generate") {  // of no batch
    MINNOW_ASSIGN(subject.text_, build_function(loaded, function, {{1, max_bytes}, {}, {}}));
    subject.name_ = loaded.model.name();
    subject.function_ = function;
    return subject;
  }
  subject.loaded_ = std::make_unique<LoadedModel>(std::move(loaded));
  subject.name_ = subject.loaded_->model.name();
  subject.function_ = !function.empty() ? function : subject.loaded_->has_loss() ? "train_step" : "infer";
  return subject;
}

Result<MeasuredFunction> Subject::prepare(const SessionOptions& options, int threads) const {
  MeasuredFunction measured;
  measured.pool_ = std::make_unique<ThreadPool>(threads);
  if (text_) {
    MINNOW_TRY(measured.build(*text_, options));
  } else {
    const auto function = function_ == "infer" ? ModelFunction::kInfer : ModelFunction::kTrainStep;
    MINNOW_TRY(measured.build(*loaded_, options, function));
  }
  return measured;
}

Result<double> Subject::flops() const {
  if (loaded_) return model_flops(*loaded_, function_);
  auto copy = text_->clone();
  MINNOW_ASSIGN(const auto pipeline, parse_pipeline("cse,dce"));
  MINNOW_TRY(run_passes(*copy, pipeline));
  return contraction_flops(*copy);
}

std::optional<int64_t> Subject::batch_size() const {
  return loaded_ ? std::optional<int64_t>(loaded_->model.training().batch_size()) : std::nullopt;
}

std::string Subject::title() const {
  const std::string batch = loaded_ ? fmt::format(", batch size {}", *batch_size()) : "";
  return fmt::format("{} @{}{}", name_, function_, batch);
}

void add_function_flag(CLI::App& app, std::string& function) {
  app.add_option("--function", function,
                 "infer, generate or train_step, which is the default; of IR text, any function, the first by default")
      ->type_name("NAME");
}

std::string format_step_time(double seconds) {
  constexpr std::pair<double, const char*> kUnits[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}};
  for (const auto& [size, unit] : kUnits) {
    const double value = seconds / size;
    if (value >= 1) return fmt::format("{:.{}f} {}", value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0, unit);
  }
  return fmt::format("{:.0f} ns", seconds * 1e9);
}

}  // namespace minnow
