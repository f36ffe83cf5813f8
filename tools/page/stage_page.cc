#include "tools/page/stage_page.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "codegen/compile.h"
#include "ir/printable.h"
#include "runtime/flops.h"
#include "runtime/plot/html_page.h"
#include "tools/page/page_texts.h"
#include "tools/page/stage_json.h"
#include "tools/report/kernel_times.h"

namespace minnow {
namespace {

using Json = nlohmann::ordered_json;

// Comments in the code name layers, and assembly has tabs.
std::string shown_code(const std::string& code) {
  constexpr size_t kTab = 8;
  std::string spaced;
  size_t column = 0;
  for (const char c : code) {
    const size_t width = c == '\t' ? kTab - column % kTab : 1;
    spaced += c == '\t' ? std::string(width, ' ') : std::string(1, c);
    column = c == '\n' ? 0 : column + width;
  }
  return printable(spaced, true);
}

Json kernel_json(const KernelText& text) {
  const Kernel& kernel = text.kernel;
  return {{"name", kernel.name},
          {"value", kernel.value},
          {"layer", printable(kernel.layer)},
          {"phase", phase_name(kernel.phase)},
          {"ops", kernel.op},
          {"duplicate", text.duplicate},
          {"llvm", shown_code(text.llvm_ir)},
          {"assembly", shown_code(text.assembly)}};
}

// Adds to each kernel what a step spends on it.
Status add_times(const StagePage& page, Json& json) {
  MINNOW_ASSIGN(MeasuredFunction measured, measure_as_it_stands(page.function, page.threads));
  if (measured.executable().kernels().empty()) return {};
  MINNOW_ASSIGN(const std::vector<KernelTrace> steps, trace_steps(measured, page.repeats));
  Profile profile = summarize(measured.executable().kernels(), steps);
  MINNOW_TRY(measure_peak(profile, measured.pool(), page.cpu));
  for (const KernelRow& row : profile.rows) {
    for (Json& kernel : json["kernels"]) {
      if (kernel["name"] != row.kernel->name) continue;
      kernel["seconds"] = row.seconds;
      kernel["flops"] = row.flops;
      kernel["bytes"] = row.bytes;
    }
  }
  json["step_seconds"] = profile.step_seconds;
  json["peak"] = profile.peak;
  json["threads"] = page.threads;
  return {};
}

}  // namespace

Result<std::string> stage_page(const StagePage& page) {
  Json json = stages_json(page.stages);
  json["title"] = printable(page.title);
  json["kernels"] = Json::array();
  MINNOW_ASSIGN(const std::vector<KernelText> kernels,
                emit_kernel_texts(page.function, plan_memory(page.function), page.triple, page.cpu));
  for (const KernelText& kernel : kernels) json["kernels"].push_back(kernel_json(kernel));
  const bool is_for_this_machine = page.triple.empty() && page.cpu.empty();
  if (page.repeats > 0 && is_for_this_machine) MINNOW_TRY(add_times(page, json));
  return to_html(HtmlPage{.title = page.title,
                          .style = std::string(kPageStyle),
                          .body = std::string(kPageBody),
                          .script = "const data = " + script_json(json.dump()) + ";\n" + std::string(kPageScript)});
}

}  // namespace minnow
