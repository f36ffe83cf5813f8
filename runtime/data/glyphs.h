// GLYPHS: handwritten-looking digits that the program draws itself, so that everything runs with no file at
// all. Pen strokes with a wobbling hand, random slant, size, place, pen width and ink, on a noisy ground.
#pragma once

#include <cstdint>
#include <span>

#include "runtime/data/dataset.h"
#include "runtime/thread_pool.h"

namespace minnow {

inline constexpr int64_t kGlyphSize = 28;  // pixels along each side

struct GlyphOptions {
  int64_t count = 0;
  uint32_t seed = 0;
  uint32_t split = 0;  // 0 trains, 1 validates: different digits of the same kind
};

// `count` pictures u8 [N,1,28,28], bright ink on dark ground. Picture i shows the digit i % 10, so classes
// are balanced, and depends only on (seed, split, i).
Dataset make_glyphs(const GlyphOptions& options, ThreadPool& pool);

// Picture `index` of a split, 28*28 pixels, row-major.
void draw_glyph(const GlyphOptions& options, int64_t index, std::span<uint8_t> pixels);

}  // namespace minnow
