#include "runtime/train/network_pictures.h"

#include <algorithm>
#include <cmath>

#include "ir/printable.h"
#include "runtime/data/batch.h"

namespace minnow {
namespace {

constexpr Colour kBlue = kPalette[0];
constexpr Colour kOrange = kPalette[1];
constexpr size_t kLongestName = 16;
constexpr int64_t kMostKernels = 256;
constexpr int64_t kMostCounts = 32;  // classes; with more, squares are too small for numbers

}  // namespace

Drawing draw_confusion(const ConfusionMatrix& matrix, const std::vector<std::string>& class_names) {
  const int64_t classes = matrix.classes();
  const double cell = classes <= 12            ? 44
                      : classes <= kMostCounts ? 34
                                               : std::max(4.0, 900.0 / static_cast<double>(classes));
  std::vector<std::string> names;
  double margin = 0;
  for (const std::string& name : class_names) {
    names.push_back(shortened(printable(name), kLongestName));
    margin = std::max(margin, text_width(names.back(), 12));
  }
  const double left = margin + 44, top = 44, side = cell * static_cast<double>(classes);
  Drawing drawing{left + side + 20, top + side + margin + 48, "confusion matrix", {}};
  drawing.add(Caption{{left, 28}, "Confusion matrix", 15, kInk, Anchor::kStart, true});
  drawing.add(Caption{{18, top + side / 2}, "actual", 13, kInk, Anchor::kMiddle, false, true});
  drawing.add(Caption{{left + side / 2, drawing.height - 14}, "predicted", 13, kInk, Anchor::kMiddle});
  const bool has_names = cell >= 12;
  for (int64_t a = 0; a < classes; ++a) {
    const double y = top + cell * static_cast<double>(a);
    const std::string& actual = names[static_cast<size_t>(a)];
    if (has_names) {
      drawing.add(Caption{{left - 8, y + cell / 2 + 4}, actual, 12, kInk, Anchor::kEnd});
      const Place below{left + cell * (static_cast<double>(a) + 0.5) + 4, top + side + 10};
      drawing.add(Caption{below, actual, 12, kInk, Anchor::kEnd, false, true});
    }
    for (int64_t p = 0; p < classes; ++p) {
      const int64_t count = matrix.count(a, p);
      const double share = static_cast<double>(count) / static_cast<double>(std::max<int64_t>(matrix.actual(a), 1));
      const double x = left + cell * static_cast<double>(p);
      drawing.add(Block{x + 0.5, y + 0.5, cell - 1, cell - 1,
                        blend({0xF4, 0xF4, 0xF4}, a == p ? kBlue : kOrange, std::sqrt(share)),
                        fmt::format("{} taken for {}: {}", actual, names[static_cast<size_t>(p)], count)});
      if (count == 0 || classes > kMostCounts) continue;
      drawing.add(Caption{
          {x + cell / 2, y + cell / 2 + 4}, std::to_string(count), 11, share > 0.3 ? kWhite : kInk, Anchor::kMiddle});
    }
  }
  return drawing;
}

Result<ImageSheet> worst_sheet(const Assessment& assessment, const Dataset& data, int64_t count) {
  const std::vector<int64_t> worst = worst_examples(assessment.rows, data.labels, count);
  const std::vector<int32_t> numbers(worst.begin(), worst.end());
  TensorType type = data.examples.type();
  type.shape[0] = static_cast<int64_t>(numbers.size());
  Tensor examples = Tensor::uninitialized(type);
  gather_rows(data.examples, numbers, examples);
  ImageSheet sheet{fmt::format("{}: the {} worst of {}", data.name, worst.size(), data.size()), {}, {}};
  MINNOW_ASSIGN(sheet.pictures, as_pictures(examples, data.name));
  for (const int64_t i : worst) {
    const std::vector<float>& row = assessment.rows[static_cast<size_t>(i)];
    const std::string actual = class_name(assessment.class_names, data.labels.as<int32_t>()[static_cast<size_t>(i)]);
    const size_t guess = ranking(row, 1)[0];
    sheet.captions.push_back({fmt::format("{} is {}", i, actual),
                              fmt::format("{} {:.0f} %", assessment.class_names[guess], 100 * row[guess])});
  }
  return sheet;
}

Result<ImageSheet> filter_sheet(const Session& session) {
  const auto& weights = session.lowered().weights;
  const auto found = std::ranges::find_if(weights, [](const WeightInfo& weight) { return weight.shape.size() == 4; });
  if (found == weights.end())
    return fail_with_hint(session.model().where(""), "the network has no convolution whose kernels could be drawn",
                          "--filters is for networks with a conv2d layer");
  const int64_t channels = found->shape[1], height = found->shape[2], width = found->shape[3];
  const int64_t count = std::min(found->shape[0] * channels, kMostKernels);
  const auto values = session.tensors().at(found->name).as<float>();
  float greatest = 0;
  for (const float value : values)
    if (std::isfinite(value)) greatest = std::max(greatest, std::abs(value));
  ImageSheet sheet{
      fmt::format("{} {}, -{:.3g} (blue) to {:.3g}", found->name, shape_to_string(found->shape), greatest, greatest),
      Tensor::uninitialized({DType::kU8, {count, height, width, 3}}),
      {}};
  auto to = sheet.pictures.as<uint8_t>().begin();
  for (const float value : values.first(static_cast<size_t>(count * height * width))) {
    const double share = greatest > 0 && std::isfinite(value) ? std::abs(value) / greatest : 0;
    const Colour colour = blend(kWhite, value > 0 ? kOrange : kBlue, share);
    for (const uint8_t part : {colour.red, colour.green, colour.blue}) *to++ = part;
  }
  for (int64_t i = 0; i < count; ++i)
    sheet.captions.push_back({channels == 1 ? std::to_string(i) : fmt::format("{}.{}", i / channels, i % channels)});
  return sheet;
}

}  // namespace minnow
