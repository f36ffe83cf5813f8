// The random streams the runtime draws from, kept apart from the small numbers that weights and layers use.
#pragma once

#include <cstdint>

namespace minnow {

inline constexpr uint32_t kShuffleStream = 0xFFFF0001;     // step: the epoch
inline constexpr uint32_t kGlyphStream = 0xFFFF0002;       // step: which split
inline constexpr uint32_t kLinearDataStream = 0xFFFF0003;  // step: which split
inline constexpr uint32_t kExampleStream = 0xFFFF0004;     // examples and
inline constexpr uint32_t kTargetStream = 0xFFFF0005;      // targets of a batch to time a model with
inline constexpr uint32_t kFurtherStream = 0x100;          // and on, for each further input or target of it
inline constexpr uint32_t kWindowStream = 0xFFFF0006;      // step: the epoch
inline constexpr uint32_t kReverseStream = 0xFFFF0007;     // step: which split
inline constexpr uint32_t kGenerateStream = 0xFFFF0008;    // tokens of a text that is generated

}  // namespace minnow
