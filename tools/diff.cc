#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ir/printable.h"
#include "proof/model_subject.h"
#include "proof/prove.h"
#include "proof/training_form.h"
#include "tools/check_passes.h"
#include "tools/command.h"
#include "tools/flags/ir_file.h"

namespace minnow {
namespace {

struct DiffFlags {
  ModelFlags model;
  DataFlags data;
  std::string function;
  std::string cpu;
  int steps = 10;
  bool json = false;
};

bool writes_parameters(const Function& function) {
  for (const FunctionResult& result : function.results())
    if (function.replaced_parameter(result) != nullptr) return true;
  return false;
}

// A function that updates nothing is given a loss and gradients, if it has weights.
Result<proof::Subject> ir_subject(const DiffFlags& flags) {
  MINNOW_ASSIGN(const auto module, read_ir_file(flags.model.path));
  MINNOW_ASSIGN(const Function* const found, choose_function(*module, flags.model.path, flags.function));
  auto training = writes_parameters(*found) ? nullptr : proof::training_form(*found);
  if (training != nullptr) return proof::random_subject(std::move(training), flags.steps);
  return proof::random_subject(found->clone(), writes_parameters(*found) ? flags.steps : 1);
}

void print_table(const proof::Proof& proof) {
  size_t width = 5;
  for (const auto& row : proof.rows) width = std::max(width, letter_count(printable(row[0].name)));
  fmt::print("{:{}}  {:8}  {:>6}", "value", width, "kind", "length");
  for (const proof::Way& way : proof.ways) fmt::print("  {:>20}", way.name);
  fmt::print("\n");
  for (size_t i = 0; i < proof.rows.size(); ++i) {
    fmt::print("{:{}}  {:8}  {:>6}", printable(proof.rows[i][0].name), width, proof.rows[i][0].kind, proof.lengths[i]);
    for (const proof::Comparison& cell : proof.rows[i])
      fmt::print("  {:>20}", fmt::format("{:.3g} ulp {:.1e}{}", cell.ulps, cell.relative,
                                         !cell.agrees     ? " !"
                                         : cell.undecided ? " ?"
                                                          : "  "));
    fmt::print("\n");
  }
  for (const auto& row : proof.rows)
    for (const proof::Comparison& cell : row)
      if (!cell.agrees) fmt::print("{}\n", printable(cell.to_string(), true));
  fmt::print("{}\n", proof.agrees() ? "all ways agree" : "some ways disagree");
}

nlohmann::ordered_json to_json(const proof::Comparison& cell) {
  return {
      {"way", cell.way},           {"agrees", cell.agrees},      {"undecided", cell.undecided}, {"step", cell.step + 1},
      {"element", cell.element},   {"expected", cell.expected},  {"actual", cell.actual},       {"ulp", cell.ulps},
      {"relative", cell.relative}, {"tolerance", cell.tolerance}};
}

void print_proof_json(const proof::Proof& proof) {
  nlohmann::ordered_json object = {{"agrees", proof.agrees()}, {"values", nlohmann::ordered_json::array()}};
  for (size_t i = 0; i < proof.rows.size(); ++i) {
    nlohmann::ordered_json ways = nlohmann::ordered_json::array();
    for (const proof::Comparison& cell : proof.rows[i]) ways.push_back(to_json(cell));
    object["values"].push_back({{"name", proof.rows[i][0].name},
                                {"kind", proof.rows[i][0].kind},
                                {"length", proof.lengths[i]},
                                {"ways", std::move(ways)}});
  }
  print_json(object);
}

Result<ExitCode> report(const proof::Subject& subject, const DiffFlags& flags) {
  ThreadPool pair(2);
  MINNOW_ASSIGN(const proof::Proof proof, proof::prove(subject, pair, flags.cpu));
  flags.json ? print_proof_json(proof) : print_table(proof);
  return proof.agrees() ? ExitCode::kDone : ExitCode::kMismatch;
}

Result<ExitCode> diff_command(const DiffFlags& flags) {
  if (is_ir_file(flags.model.path)) {
    MINNOW_ASSIGN(const proof::Subject subject, ir_subject(flags));
    return report(subject, flags);
  }
  MINNOW_ASSIGN(const LoadedModel loaded, flags.model.read());
  if (!loaded.has_loss()) {
    MINNOW_ASSIGN(const proof::Subject subject, proof::inference_subject(loaded));
    return report(subject, flags);
  }
  MINNOW_ASSIGN(const auto batches, ModelBatches::load(loaded, flags.data));
  MINNOW_ASSIGN(const proof::Subject subject, proof::training_subject(loaded, flags.steps, batches->data()));
  return report(subject, flags);
}

}  // namespace

Action add_diff(CLI::App& app) {
  auto flags = std::make_shared<DiffFlags>();
  flags->model.add(app, ModelFlags::Takes::kModelOrIr);
  flags->model.add_shorthand(app, "--batch-size", "training.batch_size", "examples per step");
  flags->data.add(app);
  app.add_option("--function", flags->function, "of IR text: which; the first by default")->type_name("NAME");
  app.add_option("--steps", flags->steps, "steps to train")->check(CLI::Range(1, 10000))->capture_default_str();
  add_cpu_flag(app, flags->cpu);
  add_json_flag(app, flags->json);
  app.footer(
      "Every way to run the training step is held against the interpreter in double, over all steps; two threads and, of jit,\n"
      "three ranks are held to the bits of one. Each cell shows the element that is furthest off: in units of the last place\n"
      "of what it should be, and relative to the largest element of its tensor. '!' is further than eps (32 + 4 sqrt(length))\n"
      "of that largest element plus 16 times what f32 itself rounds; '?' is as far, but rounding may move it so.\n"
      "The length is the number of roundings on the way to the value, a sum of k terms counting k.");
  return [flags] { return diff_command(*flags); };
}

}  // namespace minnow
