#include "runtime/train/picture_examples.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "frontend/load/defaults.h"
#include "runtime/data/png.h"
#include "runtime/data/resize.h"

namespace minnow {
namespace {

Result<PngChannels> channels_of(const Session& session, const std::string& path) {
  const TensorType& fed = session.input_type();
  const size_t inputs = session.lowered().inputs.size();
  if (inputs > 1) return fail(path, "is one picture, but the network has {} inputs", inputs);
  const spec::Data& data = session.model().model.data();
  const bool is_fed_pictures = fed.dtype == DType::kU8 || data.has_png_folder() || data.has_npy();
  const bool has_channels = fed.rank() == 4 && (fed.dim(1) == 1 || fed.dim(1) == 3);
  if (is_fed_pictures && has_channels) return fed.dim(1) == 3 ? PngChannels::kColour : PngChannels::kGray;
  TensorType one = fed;
  one.shape[0] = 1;
  return fail(path, "is a picture, but the network is fed {}", one.to_string());
}

// [C,H,W] of what the network is fed, which bytes are by `scale`.
Tensor as_fed(const Tensor& picture, const TensorType& fed, float scale, const PictureOptions& options) {
  Tensor pixels = picture.converted_to(DType::kF32);
  if (picture.dim(1) != fed.dim(2) || picture.dim(2) != fed.dim(3)) pixels = resized(pixels, fed.dim(2), fed.dim(3));
  for (float& value : pixels.as<float>()) {
    if (options.is_inverted) value = 255 - value;
    value = fed.dtype == DType::kU8 ? std::round(value) : value * scale;
  }
  return pixels.converted_to(fed.dtype);
}

}  // namespace

bool divides_pictures(const Session& session) {
  const spec::Data& data = session.model().model.data();
  return data.has_npy() && !data.normalize().has_scale();
}

Result<Tensor> examples_from_pictures(const std::vector<std::string>& paths, const Session& session,
                                      const PictureOptions& options) {
  MINNOW_CHECK(!paths.empty(), "no pictures");
  MINNOW_ASSIGN(const PngChannels channels, channels_of(session, paths[0]));
  TensorType type = session.input_type();
  type.shape[0] = std::ssize(paths);
  if (!checked_element_count(type.shape))
    return fail(paths[0], "and the others are too many pictures: {}", paths.size());
  const auto scale = static_cast<float>(divides_pictures(session) ? kByteScale : 1);
  Tensor examples = Tensor::uninitialized(type);
  std::byte* to = examples.data();
  for (const std::string& path : paths) {
    MINNOW_ASSIGN(const Tensor picture, read_png(path, channels));
    const Tensor example = as_fed(picture, type, scale, options);
    std::memcpy(to, example.data(), static_cast<size_t>(example.type().bytes()));
    to += example.type().bytes();
  }
  return examples;
}

}  // namespace minnow
