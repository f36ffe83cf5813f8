#include <fmt/format.h>

#include <algorithm>

#include "codegen/kernels/emit_kernel.h"
#include "ir/attribute_text.h"
#include "ir/loop.h"
#include "ir/printable.h"
#include "ir/text.h"
#include "tools/command.h"
#include "tools/function_source.h"
#include "tools/report/kernel_times.h"

namespace minnow {
namespace {

struct ExplainFlags {
  ModelFlags model;
  BackendFlags backend;
  PassFlags passes;
  std::string function;
  std::string what;
  int repeats = 20;
};

using Names = std::unordered_map<const Value*, std::string>;

void collect(const Function& function, std::vector<const Op*>& ops) {
  for (const auto& op : function.ops()) {
    ops.push_back(op.get());
    if (op->body) collect(*op->body, ops);
  }
}

double flops_within(const Op& op) {
  double flops = count_flops(op);
  if (op.body)
    for (const auto& inner : op.body->ops()) flops += flops_within(*inner);
  return op.kind == OpKind::kLoop ? flops * static_cast<double>(op.attr<LoopAttributes>().count) : flops;
}

std::string type_text(const Op& op) {
  std::string text;
  for (const auto& result : op.results) text += (text.empty() ? "" : ", ") + result->type.to_string();
  return text;
}

// A function as it is compiled, with what is known of it.
class Explanation {
 public:
  Explanation(const Function& function, const Remarks& remarks, const Profile& profile)
      : names_(value_names(function)), remarks_(remarks), profile_(profile) {
    collect(function, ops_);
  }

  // The ops that a value's or a layer's name stands for; an unknown one is an error with the nearest.
  Result<std::vector<const Op*>> find(const std::string& what) const {
    std::vector<const Op*> found;
    std::vector<std::string> known;
    for (const Op* op : ops_) {
      const bool is_named = std::ranges::any_of(op->results, [&](const auto& r) { return names_.at(r.get()) == what; });
      if (is_named || (!what.empty() && op->location.layer == what)) found.push_back(op);
      known.push_back(names_.at(op->result()));
      known.push_back(op->location.layer);
    }
    if (!found.empty()) return found;
    const std::string nearest = nearest_name(what, known);
    return fail_with_hint(
        what, "is no value that an op makes, and no layer",
        nearest.empty() ? "minnow compile prints the values" : fmt::format("did you mean {}?", nearest));
  }

  void print_table(const std::vector<const Op*>& ops) const {
    fmt::print("{:14} {:12} {:9} {:26} {:>10}  {}\n", "value", "op", "phase", "type", "time", "kernel");
    for (const Op* op : ops) {
      if (op->kind == OpKind::kConstant) continue;
      const auto kernels = kernels_of(*op);
      fmt::print("{:14} {:12} {:9} {:26} {:>10}  {}\n", names_.at(op->result()), mnemonic(op->kind),
                 phase_name(op->location.phase), type_text(*op),
                 kernels.empty() ? "" : format_step_time(kernels[0]->seconds),
                 kernels.empty() ? "" : kernels[0]->kernel->name);
    }
    fmt::print("\nTimes are those of whole kernels. The name of a value tells all of it.\n");
  }

  void print_op(const Op& op) const {
    fmt::print("{} = {}\n", result_names(op), op_text(op));
    row("layer", fmt::format("{}, {}", op.location.layer.empty() ? "none" : "\"" + op.location.layer + "\"",
                             phase_name(op.location.phase)));
    std::string title = "history";
    for (const HistoryEntry& entry : op.history) {
      row(title, fmt::format("{}: {}", entry.pass, entry.text));
      title.clear();
    }
    int64_t bytes = 0;
    for (const auto& result : op.results) bytes += result->type.bytes();
    row("bytes", fmt::format("{} of its own", bytes));
    row("FLOPs", fmt::format("{:.0f} of its own", flops_within(op)));
    for (const KernelRow* kernel : kernels_of(op)) print_kernel(*kernel);
    if (kernels_of(op).empty())
      row("kernel", "none: it is a constant, lies in its operand's bytes, or loops over kernels");
    print_remarks(op);
  }

 private:
  static void row(std::string_view title, std::string_view text) { fmt::print("  {:9} {}\n", title, printable(text)); }

  std::string result_names(const Op& op) const {
    std::string text;
    for (const auto& result : op.results) text += (text.empty() ? "" : ", ") + names_.at(result.get());
    return text;
  }

  std::string op_text(const Op& op) const {
    std::string operands;
    for (const Value* operand : op.operands) operands += (operands.empty() ? "" : ", ") + names_.at(operand);
    const std::string attributes = attributes_to_string(op.attributes);
    return fmt::format("{}{}{}{} : {}", mnemonic(op.kind), operands.empty() ? "" : "(" + operands + ")",
                       attributes.empty() ? "" : " ", attributes, type_text(op));
  }

  // Those that compute the op: named by its value, or by that of the op in whose body it stands.
  std::vector<const KernelRow*> kernels_of(const Op& op) const {
    std::vector<const KernelRow*> kernels;
    for (std::string name = names_.at(op.result()); kernels.empty();) {
      for (const KernelRow& row : profile_.rows)
        if (row.kernel->value == name) kernels.push_back(&row);
      const size_t slash = name.rfind('/');
      if (slash == name.npos || op.kind == OpKind::kConstant) break;
      name.resize(slash);
    }
    return kernels;
  }

  void print_kernel(const KernelRow& kernel) const {
    row("kernel", fmt::format("{}: {}", kernel.kernel->name, kernel.kernel->op));
    row("", fmt::format("{:.3f} MFLOP, {:.1f} KiB read and written, {}, {:.1f} % of the step", kernel.flops / 1e6,
                        kernel.bytes / 1024, format_step_time(kernel.seconds),
                        100 * kernel.seconds / profile_.step_seconds));
  }

  void print_remarks(const Op& op) const {
    for (const Remark& remark : remarks_.all()) {
      const bool is_about = std::ranges::any_of(op.results, [&](const auto& result) {
        return std::ranges::find(remark.about, result.get()) != remark.about.end();
      });
      if (!is_about) continue;
      row(remark.pass, remark.values.size() == 1
                           ? remark.text
                           : fmt::format("{} -> {}: {}", remark.values[0], remark.values[1], remark.text));
    }
  }

  const Names names_;
  const Remarks& remarks_;
  const Profile& profile_;
  std::vector<const Op*> ops_;
};

Result<ExitCode> explain_command(const ExplainFlags& flags) {
  MINNOW_ASSIGN(const PassPlan plan, flags.passes.plan());
  IrDump dump(flags.passes.dump);
  Remarks remarks;
  PassOptions options;
  options.remarks = &remarks;
  options.observers = {&dump};
  std::vector<PassRecord> records;
  const FunctionSource source{flags.model, flags.function, flags.backend.session_options().max_bytes};
  MINNOW_ASSIGN(const auto function, source.build(flags.passes, plan, options, records));
  MINNOW_TRY(remark_on_memory(*function, "", flags.backend.cpu, remarks));
  MINNOW_ASSIGN(MeasuredFunction measured, measure_as_it_stands(*function, flags.backend.thread_count()));
  MINNOW_ASSIGN(const std::vector<KernelTrace> steps, trace_steps(measured, flags.repeats));
  const Profile profile = summarize(measured.executable().kernels(), steps);
  const Explanation explanation(*function, remarks, profile);
  MINNOW_ASSIGN(const std::vector<const Op*> ops, explanation.find(flags.what));
  if (ops.size() == 1) explanation.print_op(*ops[0]);
  else explanation.print_table(ops);
  return ExitCode::kDone;
}

}  // namespace

Action add_explain(CLI::App& app) {
  auto flags = std::make_shared<ExplainFlags>();
  flags->model.add(app, ModelFlags::Takes::kModelOrIr);
  app.add_option("value", flags->what, "a value as `minnow compile` prints it, %4 or, in a body, %4/%b2; or a layer")
      ->required()
      ->type_name("VALUE|LAYER");
  flags->model.add_shorthand(app, "--batch-size", "training.batch_size", "examples per step");
  flags->backend.add(app);
  app.add_option(
         "--function", flags->function,
         "infer, evaluate, loss, generate of a network of a text, or train_step, which is the default; of IR text, any "
         "function, the first by default")
      ->type_name("NAME");
  app.add_option("--repeats", flags->repeats, "steps to time; each kernel's median counts")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  flags->passes.add(app, "default");
  return [flags] { return explain_command(*flags); };
}

}  // namespace minnow
