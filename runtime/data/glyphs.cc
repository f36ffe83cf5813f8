#include "runtime/data/glyphs.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "ir/random.h"
#include "runtime/data/glyph_font.h"
#include "runtime/random_streams.h"

namespace minnow {
namespace {

constexpr int kDigits = 10;
constexpr int kPixels = kGlyphSize * kGlyphSize;
constexpr uint64_t kWordsPerGlyph = 1024;
constexpr uint64_t kNoiseWord = 512;  // the words from here on make noise, those before it make the shape
constexpr int kSegmentsPerSpan = 5;
constexpr float kMeanHeight = 19;  // pixels
constexpr float kWobble = 0.03F;   // deviation of each pen point, in heights
constexpr float kSlant = 0.2F;     // deviation of the shear
constexpr float kTurn = 0.16F;     // deviation of the rotation, radians
constexpr float kStray = 1.2F;     // deviation of the centre, pixels

// The draws of one picture, in order.
class Draws {
 public:
  Draws(const RandomSequence& sequence, uint64_t first) : sequence_(sequence), next_(first) {}

  float uniform(float low, float high) { return low + (high - low) * sequence_.uniform(next_++); }
  // Three uniform draws added: nearly normal, and never an outlier that leaves the picture.
  float normal(float deviation) {
    const float sum = uniform(-1, 1) + uniform(-1, 1) + uniform(-1, 1);
    return deviation * sum;
  }
  size_t choice(size_t count) { return (uint64_t{sequence_.bits(next_++)} * count) >> 32; }

 private:
  const RandomSequence& sequence_;
  uint64_t next_;
};

// From the font's unit box to pixels: p → (a b; c d) (p - centre) + shift.
struct Affine {
  float a, b, c, d, shift_x, shift_y;

  static Affine draw(Draws& draws) {
    const float height = kMeanHeight * draws.uniform(0.82F, 1.12F);
    const float width = height * draws.uniform(0.72F, 1.1F);
    const float slant = draws.normal(kSlant) - 0.08F;  // most hands lean to the right
    const float turn = draws.normal(kTurn);
    const float cosine = std::cos(turn);
    const float sine = std::sin(turn);
    constexpr float kCentre = kGlyphSize / 2.0F;
    return {width * cosine,
            height * (slant * cosine - sine),
            width * sine,
            height * (slant * sine + cosine),
            kCentre + draws.normal(kStray),
            kCentre + draws.normal(kStray)};
  }

  Point operator()(Point p) const {
    const float x = p.x - 0.5F;
    const float y = p.y - 0.5F;
    return {a * x + b * y + shift_x, c * x + d * y + shift_y};
  }
};

// Between p1 and p2, t in [0, 1] (Catmull and Rom, "A Class of Local Interpolating Splines", 1974).
float catmull_rom(float p0, float p1, float p2, float p3, float t) {
  return p1 + 0.5F * t * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)));
}

// Squared distance from each pixel's centre to the nearest point of the pen's path, as far as `reach_`.
class DistanceField {
 public:
  explicit DistanceField(float reach) : reach_(reach) { squared_.fill(1e9F); }

  void add_segment(Point from, Point to) {
    const auto [left, right] = span_of(from.x, to.x);
    const auto [top, bottom] = span_of(from.y, to.y);
    const float dx = to.x - from.x;
    const float dy = to.y - from.y;
    const float scale = 1 / std::max(dx * dx + dy * dy, 1e-6F);
    for (int y = top; y <= bottom; ++y) {
      for (int x = left; x <= right; ++x) {
        const float px = static_cast<float>(x) + 0.5F - from.x;
        const float py = static_cast<float>(y) + 0.5F - from.y;
        const float t = std::clamp((px * dx + py * dy) * scale, 0.0F, 1.0F);
        const float ex = px - t * dx;
        const float ey = py - t * dy;
        float& squared = squared_[static_cast<size_t>(y * kGlyphSize + x)];
        squared = std::min(squared, ex * ex + ey * ey);
      }
    }
  }

  float squared(size_t pixel) const { return squared_[pixel]; }

 private:
  // The pixels within reach of [a, b] along one axis.
  std::pair<int, int> span_of(float a, float b) const {
    constexpr float kLast = kGlyphSize - 1;
    return {static_cast<int>(std::clamp(std::min(a, b) - reach_, 0.0F, kLast)),
            static_cast<int>(std::clamp(std::max(a, b) + reach_, 0.0F, kLast))};
  }

  float reach_;
  std::array<float, kPixels> squared_;
};

void trace_curve(const std::vector<Point>& points, DistanceField& field) {
  const size_t last = points.size() - 1;
  for (size_t i = 0; i < last; ++i) {
    const Point p0 = points[i == 0 ? 0 : i - 1];
    const Point p3 = points[std::min(i + 2, last)];
    Point from = points[i];
    for (int step = 1; step <= kSegmentsPerSpan; ++step) {
      const float t = static_cast<float>(step) / kSegmentsPerSpan;
      const Point to = {catmull_rom(p0.x, points[i].x, points[i + 1].x, p3.x, t),
                        catmull_rom(p0.y, points[i].y, points[i + 1].y, p3.y, t)};
      field.add_segment(from, to);
      from = to;
    }
  }
}

void trace_stroke(const Stroke& stroke, const Affine& affine, Draws& draws, DistanceField& field) {
  std::vector<Point> points = stroke.points;
  for (Point& point : points) point = affine({point.x + draws.normal(kWobble), point.y + draws.normal(kWobble)});
  if (stroke.is_smooth) return trace_curve(points, field);
  for (size_t i = 0; i + 1 < points.size(); ++i) field.add_segment(points[i], points[i + 1]);
}

// Ink where the pen went, its edge blended over one pixel, and noise everywhere.
void paint(const DistanceField& field, float pen_radius, Draws& draws, const RandomSequence& random,
           uint64_t noise_word, std::span<uint8_t> pixels) {
  const float ink = draws.uniform(170, 255);
  const float noise = draws.uniform(0.02F, 0.3F);
  for (size_t i = 0; i < kPixels; ++i) {
    const float distance = std::sqrt(field.squared(i));
    const float cover = std::clamp(pen_radius + 0.5F - distance, 0.0F, 1.0F);
    const uint32_t word = random.bits(noise_word + i / 2) >> (i % 2 * 16);
    const auto bytes = static_cast<float>((word & 0xFF) + (word >> 8 & 0xFF)) - 255;
    pixels[i] = static_cast<uint8_t>(std::clamp(ink * cover + noise * bytes, 0.0F, 255.0F));
  }
}

}  // namespace

void draw_glyph(const GlyphOptions& options, int64_t index, std::span<uint8_t> pixels) {
  const RandomSequence random{options.seed, kGlyphStream, options.split};
  const uint64_t first_word = static_cast<uint64_t>(index) * kWordsPerGlyph;
  Draws draws(random, first_word);
  const std::vector<Glyph>& variants = glyph_variants(static_cast<int>(index % kDigits));
  const Glyph& glyph = variants[draws.choice(variants.size())];
  const Affine affine = Affine::draw(draws);
  const float pen_radius = draws.uniform(0.7F, 1.7F);
  DistanceField field(pen_radius + 1);
  for (const Stroke& stroke : glyph) trace_stroke(stroke, affine, draws, field);
  paint(field, pen_radius, draws, random, first_word + kNoiseWord, pixels);
}

Dataset make_glyphs(const GlyphOptions& options, ThreadPool& pool) {
  Dataset dataset;
  dataset.name = "glyphs";
  dataset.examples = Tensor::uninitialized({DType::kU8, {options.count, 1, kGlyphSize, kGlyphSize}});
  dataset.labels = Tensor::uninitialized({DType::kI32, {options.count}});
  dataset.class_names = numbered_classes(kDigits);
  const auto pixels = dataset.examples.as<uint8_t>();
  const auto labels = dataset.labels.as<int32_t>();
  constexpr int64_t kGlyphsPerPart = 256;
  pool.parallel_for((options.count + kGlyphsPerPart - 1) / kGlyphsPerPart, [&](int64_t part) {
    const int64_t end = std::min((part + 1) * kGlyphsPerPart, options.count);
    for (int64_t i = part * kGlyphsPerPart; i < end; ++i) {
      labels[static_cast<size_t>(i)] = static_cast<int32_t>(i % kDigits);
      draw_glyph(options, i, pixels.subspan(static_cast<size_t>(i * kPixels), kPixels));
    }
  });
  return dataset;
}

}  // namespace minnow
