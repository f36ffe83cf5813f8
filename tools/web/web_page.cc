#include "tools/web/web_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "frontend/load/text_data.h"
#include "ir/printable.h"
#include "runtime/plot/html_page.h"
#include "runtime/plot/markup.h"
#include "tools/report/layer_table.h"
#include "tools/web/web_data.h"
#include "tools/web/web_texts.h"

namespace minnow {
namespace {

using Json = nlohmann::ordered_json;

std::string_view kind_name(EntryArgument::Kind kind) {
  switch (kind) {
    case EntryArgument::Kind::kInput: return "input";
    case EntryArgument::Kind::kOutput: return "output";
    case EntryArgument::Kind::kLearningRate: return "rate";
    case EntryArgument::Kind::kLoss: return "loss";
  }
  return "";
}

// By the names that the model has; those of C may differ.
std::string_view name_of(const BundleEntry& entry, const EntryArgument& argument) {
  const auto index = static_cast<size_t>(argument.index);
  const bool is_result = argument.kind == EntryArgument::Kind::kOutput || argument.kind == EntryArgument::Kind::kLoss;
  return is_result ? entry.function->results()[index].name : entry.function->parameters()[index]->name;
}

Json functions_json(const WebPage& page) {
  Json functions = Json::object();
  for (const BundleEntry& entry : page.bundle.layout.entries) {
    Json arguments = Json::array();
    for (const EntryArgument& argument : entry.arguments)
      arguments.push_back({{"kind", kind_name(argument.kind)},
                           {"name", name_of(entry, argument)},
                           {"dtype", dtype_name(argument.type.dtype)},
                           {"shape", argument.type.shape}});
    functions[entry.name] = {{"arguments", arguments}};
  }
  return functions;
}

Shape of_one(const TensorType& type) {
  return {type.shape.begin() + std::min<int64_t>(1, type.rank()), type.shape.end()};
}

Json inputs_json(const WebPage& page) {
  Json inputs = Json::array();
  for (const InputInfo& input : page.session.lowered().inputs) {
    const Brightness& brightness = page.brightness[inputs.size()];
    inputs.push_back({{"name", input.name},
                      {"dtype", dtype_name(input.type.dtype)},
                      {"shape", of_one(input.type)},
                      {"vocabulary", input.vocabulary},
                      {"black", brightness.black},
                      {"white", brightness.white}});
  }
  inputs[0]["ranges"] = ranges_json(page);
  if (page.data)
    for (const std::string& name : page.data->train.feature_names) inputs[0]["names"].push_back(printable(name));
  return inputs;
}

Json targets_json(const WebPage& page) {
  Json targets = Json::array();
  for (const TargetInfo& target : page.session.lowered().targets)
    targets.push_back({{"name", target.name},
                       {"dtype", dtype_name(target.type.dtype)},
                       {"shape", of_one(target.type)},
                       {"classes", target.classes},
                       {"is_probability", target.is_probability}});
  return targets;
}

std::string_view schedule_name(const spec::Schedule& schedule) {
  switch (schedule.kind_case()) {
    case spec::Schedule::kStep: return "step";
    case spec::Schedule::kExponential: return "exponential";
    case spec::Schedule::kCosine: return "cosine";
    case spec::Schedule::kConstant:
    case spec::Schedule::KIND_NOT_SET: break;
  }
  return "constant";
}

Json training_json(const spec::Training& training) {
  const spec::Schedule& schedule = training.schedule();
  return {{"rate", training.learning_rate()},
          {"epochs", training.epochs()},
          {"seed", training.seed()},
          {"shuffle", training.shuffle()},
          {"schedule",
           {{"kind", schedule_name(schedule)},
            {"every", schedule.step().every()},
            {"factor", schedule.step().factor()},
            {"decay", schedule.exponential().decay()},
            {"final", schedule.cosine().final()},
            {"warmup_epochs", schedule.warmup_epochs()}}}};
}

// Whether tokens are words, between which blanks are.
bool has_words(const Session& session) {
  const spec::Data& data = session.model().model.data();
  return is_text(data) && text_of(data).level() == spec::Data::Text::WORD;
}

// Tokens that @generate reads from the beginning of a text on; 0: any number.
int64_t text_positions(const WebPage& page) {
  const std::vector<BundleEntry>& entries = page.bundle.layout.entries;
  const bool is_bounded = std::ranges::any_of(entries, &BundleEntry::counts_positions);
  return is_bounded ? page.session.input_type().dim(1) : 0;
}

std::string facts(const WebPage& page) {
  const LoweredModel& lowered = page.session.lowered();
  return fmt::format("{} weights in {} layer{}, {} KiB of WebAssembly", grouped(lowered.weight_count()),
                     lowered.layers.size(), lowered.layers.size() == 1 ? "" : "s",
                     (page.code.bytes.size() + 1023) / 1024);
}

Json network_json(const WebPage& page) {
  const LoweredModel& lowered = page.session.lowered();
  Json names = Json::array();
  for (const std::string& name : page.class_names)
    names.push_back(lowered.labels_positions ? printable(name, true) : printable(name));
  return {{"title", printable(page.title)},
          {"facts", facts(page)},
          {"classes", names},
          {"classifies", lowered.classifies},
          {"predictions_per_example", lowered.predictions_per_example},
          {"words", has_words(page.session)},
          {"accepts", !draws_data(page.session) && !page.data && takes_files(page.session)},
          {"positions", text_positions(page)},
          {"memory",
           {{"stack", page.code.stack_bytes},
            {"used", page.code.used_bytes},
            {"bytes", page.bundle.layout.memory_bytes},
            {"checkpoint", page.bundle.checkpoint_bytes}}},
          {"functions", functions_json(page)},
          {"inputs", inputs_json(page)},
          {"targets", targets_json(page)},
          {"training", training_json(page.session.model().model.training())},
          {"data", data_json(page)},
          {"code", base64(page.code.bytes)},
          {"weights", base64(page.weights)},
          {"fresh", page.fresh ? Json(base64(*page.fresh)) : Json(nullptr)}};
}

}  // namespace

std::string web_page(const WebPage& page) {
  return to_html(HtmlPage{.title = page.title,
                          .style = std::string(kWebStyle),
                          .body = std::string(kWebBody),
                          .script = "\"use strict\";\nconst net = " + script_json(network_json(page).dump()) + ";\n" +
                                    std::string(kWebScript)});
}

}  // namespace minnow
