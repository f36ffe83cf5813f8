#include "proof/fuzz.h"

#include <algorithm>
#include <cmath>

#include "frontend/load/defaults.h"
#include "frontend/load/validate_model.h"
#include "ir/text.h"
#include "passes/group/check_kernels.h"
#include "proof/model_subject.h"
#include "proof/parameters.h"
#include "proof/random_body.h"
#include "proof/random_model.h"
#include "proof/random_program.h"
#include "proof/slope.h"
#include "proof/training_form.h"

namespace minnow::proof {
namespace {

constexpr int kSteps = 3;
constexpr uint32_t kKinds = 5;         // of five seeds that follow each other, each is drawn in its own way
constexpr double kLongestMove = 0.03;  // of a weight in one step: it must stay where the ops are defined

// Of a machine that has wider ones: kernels differ by how many lanes a vector has.
bool has_512_bit_vectors() {
#ifdef __x86_64__
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return false;
#endif
}

constexpr Way kWays[] = {
    {.name = "interpreter, after passes", .compiled = false},
    {.name = "jit -O0", .opt_level = 0},
    {.name = "jit -O3", .opt_level = 3, .is_divided = true},
    {.name = "jit -O3 unfused", .fused = false, .opt_level = 3},
};
constexpr Way kWaysWithWideVectors[] = {
    kWays[0],
    {.name = "jit -O0, 256-bit vectors", .opt_level = 0, .cpu = "x86-64-v3"},
    kWays[2],
    kWays[3],
};

constexpr Way kBodyWays[] = {
    {.name = "jit", .has_passes = false, .is_divided = true},
    {.name = "jit -O0", .opt_level = 0, .has_passes = false},
    {.name = "jit, after passes"},
};
constexpr Way kBodyWaysWithWideVectors[] = {
    kBodyWays[0],
    {.name = "jit -O0, 256-bit vectors", .opt_level = 0, .cpu = "x86-64-v3", .has_passes = false},
    kBodyWays[2],
};

std::span<const Way> ways(bool of_body, std::string_view cpu) {
  const bool is_wide = cpu.empty() && has_512_bit_vectors();
  if (of_body) return is_wide ? kBodyWaysWithWideVectors : kBodyWays;
  return is_wide ? kWaysWithWideVectors : kWays;
}

// A learning rate at which no weight moves further than kLongestMove in the first step.
Status tame_learning_rate(Subject& subject) {
  const Value* rate = subject.function->find_parameter("learning_rate");
  if (rate == nullptr) return {};
  Subject once{.function = subject.function->clone(), .arguments = {}};
  for (const Tensor& argument : subject.arguments) once.arguments.push_back(argument.clone());
  MINNOW_ASSIGN(const Trace trace, trace_interpreted(once, *once.function, Precision::kF64));
  double steepest = 0;
  for (size_t i = 0; i < trace[0].size(); ++i)
    if (result_kind(*once.function, once.function->results()[i]) == "gradient")
      for (const double g : trace[0][i].as<double>())
        if (std::isfinite(g)) steepest = std::max(steepest, std::abs(g));
  subject.arguments[static_cast<size_t>(rate->index)].as<float>()[0] =
      static_cast<float>(std::min(0.1, kLongestMove / std::max(steepest, 1e-30)));
  return {};
}

// The program itself, or the form of it that trains.
Result<FuzzCase> draw_program_case(uint32_t seed, const PlantedBug* bug) {
  RandomProgram program = draw_program(seed);
  FuzzCase drawn{print(*program.function), false, false, {}};
  Rng rng(seed);
  drawn.subject.arguments = draw_arguments(*program.function, program.domains, Numbers::kUniform, rng);
  drawn.subject.is_exact = program.is_exact;
  auto training = training_form(*program.function, bug);
  if (training == nullptr) {
    drawn.subject.function = std::move(program.function);
    return drawn;
  }
  drawn.subject.function = std::move(training);
  drawn.subject.steps = kSteps;
  drawn.subject.is_exact.insert(drawn.subject.is_exact.begin(), false);  // the loss
  const auto& parameters = drawn.subject.function->parameters();
  for (size_t i = drawn.subject.arguments.size(); i < parameters.size(); ++i)
    drawn.subject.arguments.push_back(draw_tensor(parameters[i]->type, {}, Numbers::kUniform, rng));
  MINNOW_TRY(tame_learning_rate(drawn.subject));
  return drawn;
}

// A program on numbers of all sizes, infinities, NaN and denormals.
FuzzCase draw_extreme_case(uint32_t seed) {
  RandomProgram program = draw_program(seed, false);
  FuzzCase drawn{print(*program.function), false, false, {}};
  Rng rng(seed);
  drawn.subject.arguments = draw_arguments(*program.function, program.domains, Numbers::kExtreme, rng);
  drawn.subject.is_exact = program.is_exact;
  drawn.subject.function = std::move(program.function);
  return drawn;
}

Result<FuzzCase> draw_model_case(uint32_t seed, const PlantedBug* bug) {
  FuzzCase drawn{model_to_text(draw_model(seed)), true, false, {}};
  MINNOW_ASSIGN(LoadedModel loaded, parse_model_text(drawn.text, fmt::format("seed-{}.textproto", seed)));
  MINNOW_TRY(complete_model(loaded));
  MINNOW_ASSIGN(drawn.subject, training_subject(loaded, kSteps, nullptr, bug));
  return drawn;
}

FuzzCase draw_body_case(uint32_t seed, BodyKind kind) {
  RandomBody body = draw_body(seed, kind);
  FuzzCase drawn{print(*body.function), false, true, {}};
  Rng rng(seed);
  const std::vector<Domain> domains(body.function->parameters().size());
  drawn.subject.arguments = draw_arguments(*body.function, domains, Numbers::kUniform, rng);
  drawn.subject.function = std::move(body.function);
  return drawn;
}

// What is printed can be read back.
Status check_text(const Function& function) {
  const std::string text = print(function);
  MINNOW_ASSIGN(const auto module, parse_module(text, "printed"));
  if (print(*module->functions.front()) != text) return fail("", "the text of the program reads back as another");
  return {};
}

Status check_way(const FuzzCase& drawn, const Reference& reference, const Way& way, ThreadPool& pair,
                 const PlantedBug* bug, FuzzOutcome& outcome) {
  MINNOW_ASSIGN(const WayTraces traces, trace_way(drawn.subject, way, pair, bug));
  MINNOW_ASSIGN(std::vector<Comparison> comparisons, compare(drawn.subject, reference, traces.alone, way.name));
  std::ranges::move(compare_bits(drawn.subject, traces, way.name), std::back_inserter(comparisons));
  for (const Comparison& comparison : comparisons) {
    if (!comparison.agrees) outcome.complaints.push_back(comparison.to_string());
    if (comparison.undecided) ++outcome.undecided;
  }
  return {};
}

Status check_all(const FuzzCase& drawn, uint32_t seed, ThreadPool& pair, const PlantedBug* bug, std::string_view cpu,
                 FuzzOutcome& outcome) {
  MINNOW_TRY(check_text(*drawn.subject.function));
  if (!drawn.is_body) {
    MINNOW_ASSIGN(const auto slope, check_slope(drawn.subject, seed));
    if (slope) outcome.complaints.push_back(*slope);
  }
  MINNOW_ASSIGN(const Reference reference, Reference::create(drawn.subject));
  outcome.is_refused = drawn.is_body && !check_kernels(*drawn.subject.function);
  if (outcome.is_refused) return {};
  for (Way way : ways(drawn.is_body, cpu)) {
    if (!cpu.empty()) way.cpu = cpu;
    if (way.is_divided) way.other_schedule = seed / kKinds;
    way.keeps_weights = seed / kKinds % 2 == 1;
    const Status status = check_way(drawn, reference, way, pair, bug, outcome);
    if (!status) outcome.complaints.push_back(fmt::format("{}: {}", way.name, status.error().to_string()));
  }
  return {};
}

}  // namespace

CaseKind case_kind(uint32_t seed) {
  switch (seed % kKinds) {
    case 0: return CaseKind::kModel;
    case 4: return CaseKind::kExtreme;
    default: return CaseKind::kProgram;
  }
}

Result<FuzzCase> draw_case(uint32_t seed, CaseKind kind, const PlantedBug* bug) {
  switch (kind) {
    case CaseKind::kModel: return draw_model_case(seed, bug);
    case CaseKind::kExtreme: return draw_extreme_case(seed);
    case CaseKind::kBody: return draw_body_case(seed, BodyKind::kFused);
    case CaseKind::kLoop: return draw_body_case(seed, BodyKind::kLoop);
    case CaseKind::kProgram: break;
  }
  return draw_program_case(seed, bug);
}

FuzzOutcome run_case(const FuzzCase& drawn, uint32_t seed, ThreadPool& pair, const PlantedBug* bug,
                     std::string_view cpu) {
  FuzzOutcome outcome;
  const Status status = check_all(drawn, seed, pair, bug, cpu, outcome);
  if (!status) outcome.complaints.push_back(status.error().to_string());
  return outcome;
}

}  // namespace minnow::proof
