#include "tools/web/web_data.h"

#include <fmt/format.h>

#include "runtime/data/data_statistics.h"
#include "runtime/data/glyph_font.h"
#include "runtime/plot/markup.h"

namespace minnow {
namespace {

using Json = nlohmann::ordered_json;

// As short as it can be told.
double plain(float number) { return std::stod(fmt::format("{}", number)); }

Json font_json() {
  Json font = Json::array();
  for (int digit = 0; digit < 10; ++digit) {
    Json variants = Json::array();
    for (const Glyph& glyph : glyph_variants(digit)) {
      Json strokes = Json::array();
      for (const Stroke& stroke : glyph) {
        Json points = Json::array();
        for (const Point& point : stroke.points) points.push_back({plain(point.x), plain(point.y)});
        strokes.push_back({{"smooth", stroke.is_smooth}, {"points", points}});
      }
      variants.push_back(strokes);
    }
    font.push_back(variants);
  }
  return font;
}

Json array_json(const Tensor& tensor) {
  return {{"dtype", dtype_name(tensor.type().dtype)}, {"bytes", base64(tensor.bytes())}};
}

Json split_json(const WebPage& page, const Dataset& data) {
  const LoweredModel& lowered = page.session.lowered();
  Json arrays = Json::object();
  arrays[lowered.inputs[0].name] = array_json(data.examples);
  if (!lowered.targets.empty()) arrays[lowered.targets[0].name] = array_json(data.labels);
  for (const auto& [name, tensor] : data.others) arrays[name] = array_json(tensor);
  return {{"count", data.size()}, {"arrays", arrays}};
}

// Tokens of a split's windows and the one behind them.
struct TokenSpan {
  int64_t first, count, bytes_of_each;
};

TokenSpan span_of(const TokenWindows& windows, int64_t tokens) {
  constexpr int64_t kBytes = 256;
  const int64_t last = windows.draws > 0 ? windows.places - 1 : (windows.count - 1) * windows.stride;
  return {windows.first, std::max<int64_t>(last, 0) + windows.length + 1, tokens <= kBytes ? 1 : 4};
}

// Windows at random places lie side by side here.
Json text_json(const Dataset& data) {
  const TokenWindows& windows = *data.windows;
  const TokenSpan span = span_of(windows, data.classes());
  std::vector<int32_t> tokens(static_cast<size_t>(span.count));
  windows.tokens->copy(span.first, tokens);
  std::string bytes;
  for (const int32_t token : tokens)
    bytes.append(reinterpret_cast<const char*>(&token), static_cast<size_t>(span.bytes_of_each));
  return {{"dtype", span.bytes_of_each == 1 ? "u8" : "i32"},
          {"bytes", base64(bytes)},
          {"length", windows.length},
          {"stride", windows.draws > 0 ? windows.length : windows.stride}};
}

}  // namespace

int64_t text_bytes(const Dataset& data) {
  const TokenSpan span = span_of(*data.windows, data.classes());
  return span.count * span.bytes_of_each;
}

Json data_json(const WebPage& page) {
  const Model& model = page.session.model().model;
  if (draws_data(page.session))
    return {{"kind", "glyphs"},
            {"seed", model.training().seed()},
            {"train", model.data().train_examples()},
            {"validation", model.data().validation_examples()},
            {"font", font_json()}};
  if (!page.data) return nullptr;
  if (page.data->train.windows)
    return {{"kind", "text"}, {"train", text_json(page.data->train)}, {"validation", text_json(page.data->validation)}};
  return {{"kind", "arrays"},
          {"all", page.training_examples},
          {"train", split_json(page, page.data->train)},
          {"validation", split_json(page, page.data->validation)}};
}

Json ranges_json(const WebPage& page) {
  if (!page.data || page.data->train.windows || page.data->train.examples.type().dtype != DType::kF32) return nullptr;
  const DataStatistics statistics = measure_data(page.data->train);
  const Tensor& examples = page.data->train.examples;
  if (std::ssize(statistics.features) != examples.type().elements() / examples.dim(0)) return nullptr;
  Json ranges = Json::array();
  for (const ValueStatistics& feature : statistics.features)
    ranges.push_back({{"low", feature.least}, {"high", feature.greatest}});
  return ranges;
}

}  // namespace minnow
