#include <fmt/format.h>

#include "ir/text.h"
#include "passes/gradient/autodiff.h"
#include "passes/gradient/optimizer.h"
#include "passes/pipeline.h"
#include "runtime/file.h"
#include "tools/check_passes.h"
#include "tools/command.h"
#include "tools/flags/ir_file.h"
#include "tools/pass_flags.h"
#include "tools/report/memory_plan_text.h"

namespace minnow {
namespace {

struct OptFlags {
  std::string file;
  std::string out = "-";
  bool gradients = false;
  std::string optimizer;
  double clip_norm = 0, clip_value = 0, weight_decay = 0;
  PassFlags passes;
  bool memory_plan = false;
  bool check_passes = false;
};

struct OptimizerRow {
  const char* name;
  decltype(OptimizerSpec::rule) rule;
};

constexpr OptimizerRow kOptimizers[] = {{"sgd", Sgd{}},   {"momentum", Momentum{}}, {"nesterov", Momentum{0.9, true}},
                                        {"adam", Adam{}}, {"adamw", AdamW{}},       {"rmsprop", RmsProp{}}};

// The gradients of the first result by each weight become results.
Status add_gradients(Function& function) {
  std::vector<Value*> weights, gradients;
  for (const auto& parameter : function.parameters())
    if (parameter->role == Role::kWeight) weights.push_back(parameter.get());
  if (weights.empty() || function.results().empty())
    return fail("--gradients", "@{} has no {}", function.name(), weights.empty() ? "weights" : "result");
  MINNOW_TRY(differentiate(function, function.results()[0].value, weights, gradients));
  for (size_t i = 0; i < weights.size(); ++i) function.add_result(weights[i]->name + ".gradient", gradients[i]);
  return {};
}

Result<std::unique_ptr<Function>> make_train_step(const Function& loss, const OptFlags& flags) {
  OptimizerSpec spec;
  for (const OptimizerRow& row : kOptimizers)
    if (flags.optimizer == row.name) spec.rule = row.rule;
  if (flags.clip_norm > 0) spec.clip = ClipByGlobalNorm{flags.clip_norm};
  if (flags.clip_value > 0) spec.clip = ClipByValue{flags.clip_value};
  for (const auto& parameter : loss.parameters())
    if (parameter->role == Role::kWeight && flags.weight_decay > 0)
      spec.weight_decay[parameter->name] = flags.weight_decay;
  return build_train_step(loss, spec);
}

Result<ExitCode> opt_command(const OptFlags& flags) {
  MINNOW_ASSIGN(const auto module, read_ir_file(flags.file));
  MINNOW_ASSIGN(const PassPlan plan, flags.passes.plan());
  IrDump dump(flags.passes.dump);
  PassOptions options;
  options.check_answers = true;
  options.observers = {&dump};
  proof::PassChecker checker = make_ir_checker();
  if (flags.check_passes) options.observers.push_back(&checker);
  for (auto& function : module->functions) {
    if (flags.gradients) MINNOW_TRY(add_gradients(*function));
    if (!flags.optimizer.empty()) {
      MINNOW_ASSIGN(function, make_train_step(*function, flags));
    }
    flags.passes.print_limit(plan, function->name());
    MINNOW_ASSIGN(const std::vector<PassRecord> records, run_passes(*function, plan.run, options));
    if (flags.passes.time) print_pass_times(records);
    if (flags.memory_plan) fmt::print("{}", memory_plan_text(*function));
  }
  if (flags.check_passes) print_checked(checker);
  if (!flags.memory_plan) MINNOW_TRY(write_file_atomically(flags.out, print(*module)));
  return ExitCode::kDone;
}

std::string pass_list() {
  std::string text = "passes:\n";
  for (const Pass& pass : all_passes()) text += fmt::format("  {:20} {}\n", pass.name, pass.summary);
  return text + fmt::format("  {:20} {}", "default", "all of them, as compile runs them");
}

}  // namespace

Action add_opt(CLI::App& app) {
  auto flags = std::make_shared<OptFlags>();
  app.add_option("file", flags->file, "IR text")->required()->type_name("FILE.ir");
  app.add_option("-o,--output", flags->out, "write the IR here instead of stdout")->type_name("FILE");
  app.add_flag("--gradients", flags->gradients, "first differentiate: a result more for each weight");
  std::vector<std::string> names;
  for (const OptimizerRow& row : kOptimizers) names.emplace_back(row.name);
  app.add_option("--optimizer", flags->optimizer, "first make a training step of each function")
      ->check(CLI::IsMember(names));
  app.add_option("--clip-norm", flags->clip_norm, "with --optimizer: the gradients' common norm is at most this")
      ->check(CLI::PositiveNumber);
  app.add_option("--clip-value", flags->clip_value, "with --optimizer: no element of a gradient is larger")
      ->check(CLI::PositiveNumber);
  app.add_option("--weight-decay", flags->weight_decay, "with --optimizer: of every weight")
      ->check(CLI::NonNegativeNumber);
  flags->passes.add(app, "");
  app.add_flag("--memory-plan", flags->memory_plan, "print where every value lies instead of the IR");
  app.add_flag(
      "--check-passes", flags->check_passes,
      "interpret the program after every pass, on random numbers; exits with 3 at the first that changes what it "
      "means");
  app.footer(pass_list());
  return [flags] { return opt_command(*flags); };
}

}  // namespace minnow
