#include "tools/web/page_data.h"

#include <algorithm>
#include <cmath>

#include "frontend/load/defaults.h"
#include "runtime/data/batch.h"
#include "runtime/data/glyphs.h"
#include "tools/web/web_data.h"

namespace minnow {
namespace {

constexpr int64_t kMostBytes = 4 << 20;

bool is_source(const Session& session, std::initializer_list<spec::Data::SourceCase> cases) {
  return std::ranges::find(cases, session.model().model.data().source_case()) != cases.end();
}

// A little beyond black and white lie numbers that are normalised already.
Brightness measured(const Tensor& examples) {
  const Tensor wide = examples.converted_to(DType::kF32);
  const auto [least, greatest] = std::ranges::minmax(wide.as<float>());
  return {std::min<double>(least, 0), std::max<double>(greatest, 1)};
}

const Tensor* examples_of(const Dataset& data, const Session& session, const InputInfo& input) {
  if (data.windows || data.size() == 0) return nullptr;
  if (input.name == session.lowered().inputs[0].name) return &data.examples;
  const auto found = data.others.find(input.name);
  return found == data.others.end() ? nullptr : &found->second;
}

Tensor rows_of(const Tensor& source, std::span<const int32_t> rows) {
  TensorType type = source.type();
  type.shape[0] = std::ssize(rows);
  Tensor taken = Tensor::uninitialized(type);
  gather_rows(source, rows, taken);
  return taken;
}

Dataset evenly(const Dataset& data, int64_t count) {
  std::vector<int32_t> rows;
  for (int64_t i = 0; i < count; ++i) rows.push_back(static_cast<int32_t>(i * data.size() / count));
  Dataset part = slice_dataset(data, 0, 0);
  part.examples = rows_of(data.examples, rows);
  if (part.labels.dim(0) != data.labels.dim(0)) part.labels = rows_of(data.labels, rows);
  for (auto& [name, tensor] : part.others) tensor = rows_of(data.others.at(name), rows);
  return part;
}

}  // namespace

std::vector<Brightness> brightness_of(const Session& session, const DataSplits* data) {
  const spec::Data& source = session.model().model.data();
  const double scale = source.normalize().scale();
  std::vector<Brightness> found;
  for (const InputInfo& input : session.lowered().inputs) {
    const Tensor* examples = data == nullptr ? nullptr : examples_of(data->train, session, input);
    if (input.type.dtype == DType::kU8 || holds_pictures(source)) found.push_back({0, 255});
    else if (examples != nullptr) found.push_back(measured(*examples));
    else if (scale > 0 && scale < 1) found.push_back({0, 1 / scale});
    else found.push_back({});
  }
  return found;
}

bool draws_data(const Session& session) {
  const Model& model = session.model().model;
  const LoweredModel& lowered = session.lowered();
  return model.data().source_case() == spec::Data::kBuiltin && model.data().builtin() == spec::Data::GLYPHS &&
         lowered.inputs.size() == 1 && lowered.targets.size() == 1 &&
         lowered.inputs[0].type.elements() == lowered.inputs[0].type.dim(0) * kGlyphSize * kGlyphSize;
}

bool takes_files(const Session& session) {
  const LoweredModel& lowered = session.lowered();
  if (lowered.inputs.size() != 1 || lowered.targets.size() != 1) return false;
  const bool is_picture = lowered.inputs[0].type.rank() == 4 && lowered.classes > 0 && !lowered.labels_positions;
  return is_picture || lowered.labels_positions;
}

bool reads_files_of_its_kind(const Session& session) {
  return takes_files(session) && is_source(session, {spec::Data::kNamed, spec::Data::kIdx, spec::Data::kText});
}

int64_t page_bytes(const Dataset& data) {
  if (data.windows) return text_bytes(data);
  int64_t bytes = data.examples.type().bytes() + data.labels.type().bytes();
  for (const auto& [name, tensor] : data.others) bytes += tensor.type().bytes();
  return bytes;
}

bool fits_in_page(const DataSplits& data) { return page_bytes(data.train) + page_bytes(data.validation) <= kMostBytes; }

DataSplits part_for_page(const DataSplits& data) {
  const int64_t all = page_bytes(data.train) + page_bytes(data.validation);
  const auto count = [&](const Dataset& split) {
    const double share = static_cast<double>(kMostBytes) / static_cast<double>(all);
    return std::clamp<int64_t>(std::llround(std::floor(static_cast<double>(split.size()) * share)), 1, split.size());
  };
  return {evenly(data.train, count(data.train)), evenly(data.validation, count(data.validation))};
}

}  // namespace minnow
