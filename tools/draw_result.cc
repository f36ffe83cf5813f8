#include "tools/draw_result.h"

#include <algorithm>

#include "ir/printable.h"
#include "runtime/data/batch.h"
#include "runtime/train/layer_result.h"

namespace minnow {
namespace {

constexpr int64_t kMostMaps = 64, kMostCells = 512;  // of a side
constexpr size_t kLongestLabel = 12;

// A sequence of tokens that the network is fed, as labels of positions.
struct Positions {
  int64_t length;
  std::vector<std::string> labels;
};

std::string label_of(const std::vector<std::string>& names, int32_t token) {
  const std::string name = class_name(names, token);
  if (name == " ") return "␣";
  return name == "\n" ? "\\n" : shortened(printable(name), kLongestLabel);
}

std::vector<Positions> positions_of(const TrainedModel& trained, const Batch& batch, int64_t shown) {
  const LoweredModel& network = trained.session->lowered();
  std::vector<Positions> found;
  for (const InputInfo& input : network.inputs) {
    if (input.type.dtype != DType::kI32 || input.type.rank() != 2) continue;
    Positions& positions = found.emplace_back(Positions{input.type.dim(1), {}});
    const std::vector<std::string> no_names;
    const auto& names = network.labels_positions ? trained.class_names : no_names;
    for (const int32_t token : batch.tensors.find(input.name)->second.as<int32_t>())
      positions.labels.push_back(label_of(names, token));
    if (shown > 0) positions.labels.resize(std::min(positions.labels.size(), static_cast<size_t>(shown)));
  }
  return found;
}

const std::vector<std::string>& labels_along(std::span<const Positions> positions, int64_t length) {
  static const std::vector<std::string> kNone;
  const auto found = std::ranges::find(positions, length, &Positions::length);
  return found == positions.end() ? kNone : found->labels;
}

// [A,B] → [B,A]
Tensor transposed(const Tensor& matrix) {
  const int64_t rows = matrix.dim(0), columns = matrix.dim(1);
  Tensor result = Tensor::uninitialized({DType::kF32, {columns, rows}});
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j)
      result.as<float>()[static_cast<size_t>(j * rows + i)] = matrix.as<float>()[static_cast<size_t>(i * columns + j)];
  return result;
}

// The first maps, rows and columns of [maps,rows,columns].
Tensor cropped(const Tensor& values, int64_t maps, int64_t rows, int64_t columns) {
  Tensor result = Tensor::uninitialized({DType::kF32, {maps, rows, columns}});
  auto to = result.as<float>().begin();
  for (int64_t m = 0; m < maps; ++m)
    for (int64_t i = 0; i < rows; ++i) {
      const auto from = values.as<float>().begin() + (m * values.dim(1) + i) * values.dim(2);
      to = std::copy(from, from + columns, to);
    }
  return result;
}

// As many as are labelled, if any are.
int64_t extent(int64_t size, const std::vector<std::string>& labels) {
  return std::min({size, kMostCells, labels.empty() ? size : std::ssize(labels)});
}

// Of a matrix along a sequence positions go across; of several matrices, as of the heads of attention, the rows are the
// positions that the network has got to, of its last input, the columns those of its first.
HeatMaps lay_out(Tensor values, std::vector<Positions> positions) {
  HeatMaps maps;
  const bool is_along = values.type().rank() == 2 && !labels_along(positions, values.dim(0)).empty();
  if (is_along) values = transposed(values);
  const int64_t columns = values.type().shape.back(),
                rows = values.type().rank() < 2 ? 1 : values.dim(values.type().rank() - 2);
  const bool has_several = values.type().rank() == 3;
  if (is_along || has_several) maps.column_labels = labels_along(positions, columns);
  std::ranges::reverse(positions);
  if (has_several) maps.row_labels = labels_along(positions, rows);
  if (is_along) maps.x_label = "position", maps.y_label = "unit";
  const int64_t count = has_several ? values.dim(0) : 1;
  maps.values = cropped(std::move(values).reshaped({count, rows, columns}), std::min(count, kMostMaps),
                        extent(rows, maps.row_labels), extent(columns, maps.column_labels));
  return maps;
}

}  // namespace

Result<HeatMaps> maps_of_result(const std::string& name, const TrainedModel& trained, const Question& question,
                                int64_t shown) {
  Session& session = *trained.session;
  Batch batch;
  const std::vector<int32_t> first = {rows_in_order(question.data).front()};
  MINNOW_TRY(fill_batch(session.lowered(), question.data, first, BatchParts::kInputs, batch));
  MINNOW_ASSIGN(Tensor values, layer_result(session, name, batch));
  Shape shape(values.type().shape.begin() + 1, values.type().shape.end());
  if (shape.empty() || shape.size() > 3)
    return fail("--draw " + name, "gives {} for an example, which has no picture in the plane", shape_to_string(shape));
  HeatMaps maps = lay_out(std::move(values).reshaped(shape), positions_of(trained, batch, shown));
  maps.title = fmt::format("{} {} of {}", name, shape_to_string(shape), printable(question.titles.front()));
  const bool are_heads = name.ends_with(".weights");
  if (maps.values.dim(0) > 1)
    for (int64_t i = 0; i < maps.values.dim(0); ++i)
      maps.captions.push_back(fmt::format("{} {}", are_heads ? "head" : "map", i));
  return maps;
}

}  // namespace minnow
