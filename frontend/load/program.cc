#include "frontend/load/program.h"

#include <algorithm>
#include <filesystem>

#include "frontend/load/complain.h"
#include "ir/lexer.h"

namespace minnow {
namespace {

namespace fs = std::filesystem;

// A program says all that these fields would.
Status check_alone(const LoadedModel& loaded) {
  constexpr std::string_view kInstead[] = {"inputs", "layers", "blocks", "output", "loss", "losses"};
  const google::protobuf::Reflection* reflection = loaded.model.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(loaded.model, &fields);
  for (const auto* field : fields) {
    if (std::ranges::find(kInstead, field->name()) == std::end(kInstead)) continue;
    const std::string path = field->is_repeated() ? field->name() + ".0" : field->name();
    return fail_with_hint(
        loaded.where(path),
        fmt::format("the model has a network and {}, but a network stands in its place", field->name()),
        fmt::format("leave out {} or network", field->name()));
  }
  return {};
}

// Behind blanks and comments.
bool begins_with_function(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    if (!text.starts_with("//")) return text.starts_with("func");
    text.remove_prefix(std::min(text.find('\n'), text.size()));
  }
}

// The text, and how messages call the place that it comes from.
struct Source {
  std::string text;
  std::string file;
};

Result<Source> find_source(const LoadedModel& loaded) {
  const spec::Network& network = loaded.model.network();
  switch (network.source_case()) {
    case spec::Network::kText: return Source{network.text(), loaded.where("network.text") + ": text"};
    case spec::Network::kIr:
    case spec::Network::kOnnx: break;
    case spec::Network::SOURCE_NOT_SET:
      return complain_with_hint(loaded, "network", "for example network { ir: \"program.ir\" }", "names no program");
  }
  const fs::path model(loaded.path);
  const bool is_itself = is_ir_file(loaded.path) && model.filename() == network.ir();
  const std::string path = is_itself ? loaded.path : (model.parent_path() / network.ir()).lexically_normal().string();
  auto text = read_bytes(path, "IR");
  if (text) return Source{*std::move(text), shown_path(path)};
  if (is_itself) return tl::unexpected(text.error());
  return fail(loaded.where("network.ir"), "{}: {}", text.error().where, text.error().message);
}

bool is_fed(const Value& parameter) { return parameter.role == Role::kInput; }

// Which of @loss's parameters examples fill, and which outputs are compared with.
void sort_parameters(Program& program) {
  const Function* infer = program.module->find("infer");
  for (const auto& parameter : program.loss().parameters()) {
    if (!is_fed(*parameter)) continue;
    const bool is_asked = infer == nullptr || infer->find_parameter(parameter->name) != nullptr;
    const bool is_target = parameter->name == "target" || !is_asked;
    (is_target ? program.targets : program.inputs).push_back(parameter.get());
  }
}

Status check_fed_parameter(const Program& program, const Value& parameter, bool is_target) {
  const TensorType& type = parameter.type;
  const std::string name = parameter_name(parameter);
  const std::string_view what = is_target ? "target" : "input";
  const bool is_known =
      type.dtype == DType::kF32 || type.dtype == DType::kI32 || (!is_target && type.dtype == DType::kU8);
  if (!is_known)
    return fail(program.file, "@loss: the {} {} is {}, but data are {}", what, name, type.to_string(),
                is_target ? "f32 or i32" : "f32, i32 or u8");
  const int64_t least = is_target ? 1 : 2;
  if (type.rank() < least || type.elements() == 0)
    return fail_with_hint(
        program.file,
        fmt::format("@loss: the {} {} is {}, which is no batch of examples", what, name, type.to_string()),
        is_target ? "[N] or [N,...], where N is the batch" : "[N,...], where N is the batch");
  return {};
}

Status find_batch(Program& program) {
  const auto is_weight = [](const auto& parameter) { return parameter->role == Role::kWeight; };
  if (std::ranges::none_of(program.loss().parameters(), is_weight))
    return fail_with_hint(program.file, "@loss has no weight, so there is nothing to train",
                          "write weight behind the type of a parameter: %w: f32[3,4] weight");
  if (program.inputs.empty())
    return fail_with_hint(program.file, "@loss has no input, so there is nothing to learn from",
                          "a parameter without a role, other than %target, is filled by the examples");
  const Value& first = *program.inputs[0];
  for (const bool is_target : {false, true})
    for (const Value* parameter : is_target ? program.targets : program.inputs) {
      MINNOW_TRY(check_fed_parameter(program, *parameter, is_target));
      if (parameter->type.dim(0) != first.type.dim(0))
        return fail_with_hint(
            program.file,
            fmt::format("@loss: {} is {}, a batch of {}, but {} is {}, a batch of {}", parameter_name(first),
                        first.type.to_string(), first.type.dim(0), parameter_name(*parameter),
                        parameter->type.to_string(), parameter->type.dim(0)),
            "what is trained has the role weight behind its type");
    }
  program.batch = first.type.dim(0);
  return {};
}

Result<std::shared_ptr<const Program>> parse_program(const LoadedModel& loaded) {
  MINNOW_ASSIGN(Source source, find_source(loaded));
  auto program = std::make_shared<Program>();
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  const size_t begin = source.text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  program->text = source.text.substr(begin);
  program->file = std::move(source.file);
  MINNOW_ASSIGN(program->module, parse_module(program->text, program->file, &program->places));
  if (program->module->find("loss") == nullptr)
    return fail_with_hint(
        program->file, "the program has no function @loss, which training minimises",
        program->module->find("train_step") != nullptr
            ? "@train_step holds an optimiser already; compile --function=loss prints what it is made of"
            : "func @loss(%x: ..., %target: ..., %w: ... weight) -> (loss: f32[])");
  sort_parameters(*program);
  MINNOW_TRY(find_batch(*program));
  return program;
}

}  // namespace

bool is_ir_file(const std::string& path) {
  if (path.ends_with(".ir")) return true;
  std::error_code error;
  if (!is_stdin(path) &&
      (!fs::exists(path, error) || fs::is_regular_file(path, error) || fs::is_directory(path, error)))
    return false;
  const auto text = read_bytes(path, "model");
  return text && begins_with_function(*text);
}

LoadedModel model_of_program(const std::string& path) {
  LoadedModel loaded{.model = {}, .path = path, .is_text = true, .places = {}};
  loaded.model.mutable_network()->set_ir(fs::path(path).filename().string());
  return loaded;
}

Status read_program(LoadedModel& loaded) {
  MINNOW_TRY(check_alone(loaded));
  spec::Network& network = *loaded.model.mutable_network();
  const bool is_known = loaded.program && network.has_text() && network.text() == loaded.program->text;
  if (!is_known) {
    MINNOW_ASSIGN(loaded.program, parse_program(loaded));
    network.set_text(loaded.program->text);
  }
  spec::Training& training = *loaded.model.mutable_training();
  const int64_t batch = loaded.program->batch;
  if (!training.has_batch_size()) training.set_batch_size(batch);
  if (training.batch_size() != batch)
    return complain(loaded, "training.batch_size", "batch size is {}, but the program {} is written for a batch of {}",
                    training.batch_size(), loaded.program->file, batch);
  return {};
}

LoadedModel with_inputs_of_program(const LoadedModel& loaded) {
  LoadedModel shown = loaded;
  for (size_t i = 0; i < loaded.program->inputs.size(); ++i) {
    const Value& parameter = *loaded.program->inputs[i];
    spec::Input& input = *shown.model.add_inputs();
    input.set_name(parameter.name);
    input.mutable_shape()->Add(parameter.type.shape.begin() + 1, parameter.type.shape.end());
    if (parameter.type.dtype == DType::kI32) input.set_type(spec::Input::I32);
    shown.places[fmt::format("inputs.{}", i)] = loaded.program->file;
  }
  return shown;
}

std::string parameter_name(const Value& parameter) { return "%" + spell_name(parameter.name); }

}  // namespace minnow
