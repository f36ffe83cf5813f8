#include "codegen/bundle/checkpoint.h"

#include <nlohmann/json.hpp>

namespace minnow {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kRoomForStep = "          ";  // of 2^32 at most

std::string_view type_name(DType dtype) {
  switch (dtype) {
    case DType::kF32: return "F32";
    case DType::kF64: return "F64";
    case DType::kI32: return "I32";
    case DType::kU8: return "U8";
    case DType::kPred: return "BOOL";
  }
  return "";
}

// Names may come from files in any encoding, but JSON is UTF-8.
std::string dump(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

// As a checkpoint that `minnow train` writes has it, behind the last step of an epoch.
std::string training_state() {
  return fmt::format(
      R"({{"batch_in_epoch":0,"batch_size":0,"correct_sum":0,"history":[],"loss_sum":0,"step":{},"weight_sum":0}})",
      kRoomForStep);
}

std::string header_of(const std::vector<const BundleTensor*>& tensors, const std::string& model,
                      const std::vector<std::string>& class_names) {
  ordered_json header;
  ordered_json& metadata = header["__metadata__"];
  if (!class_names.empty()) metadata["minnow.classes"] = dump(class_names);
  metadata["minnow.model"] = model;
  metadata["minnow.training"] = training_state();
  int64_t offset = 0;
  for (const BundleTensor* tensor : tensors) {
    header[tensor->name] = {{"dtype", type_name(tensor->type.dtype)},
                            {"shape", tensor->type.shape},
                            {"data_offsets", {offset, offset + tensor->type.bytes()}}};
    offset += tensor->type.bytes();
  }
  std::string text = dump(header);
  text.append((8 - text.size() % 8) % 8, ' ');
  std::string whole(8, '\0');
  for (size_t i = 0; i < 8; ++i) whole[i] = static_cast<char>(text.size() >> (8 * i));
  return whole + text;
}

// Adds a text of the row's.
void add(std::string& texts, const std::string& text, uint32_t& at, uint32_t& size) {
  at = static_cast<uint32_t>(texts.size());
  size = static_cast<uint32_t>(text.size());
  texts += text;
}

}  // namespace

Checkpoint checkpoint_of(const BundleLayout& layout, const std::string& model,
                         const std::vector<std::string>& class_names) {
  const std::vector<const BundleTensor*> tensors = layout.saved();
  Checkpoint made;
  made.header = header_of(tensors, model, class_names);
  made.step_at = static_cast<uint32_t>(made.header.rfind(std::string("\\\"step\\\":") + std::string(kRoomForStep)) + 9);
  made.bytes = static_cast<int64_t>(made.header.size());
  for (const BundleTensor* tensor : tensors) {
    CheckpointRow& row = made.rows.emplace_back();
    const std::string name = dump(tensor->name);
    add(made.texts, name.substr(1, name.size() - 2), row.name, row.name_size);
    add(made.texts, dump(type_name(tensor->type.dtype)), row.dtype, row.dtype_size);
    add(made.texts, dump(tensor->type.shape), row.shape, row.shape_size);
    row.bytes = static_cast<uint32_t>(tensor->type.bytes());
    row.offset = static_cast<uint32_t>(tensor->offset);
    row.is_optional = tensor->is_optimizer;
    made.bytes += tensor->type.bytes();
  }
  return made;
}

std::string_view checkpoint_io_c() {
  static constexpr std::string_view kText =
#include "codegen/bundle/checkpoint_io.c.inc"
      ;
  return kText;
}

std::string_view checkpoint_io_llvm() {
  static constexpr std::string_view kText =
#include "codegen/bundle/checkpoint_io.ll.inc"
      ;
  return kText;
}

}  // namespace minnow
