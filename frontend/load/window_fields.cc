#include "frontend/load/window_fields.h"

namespace minnow {

std::array<int64_t, 2> pair_of(const google::protobuf::RepeatedField<int64_t>& values) {
  return {values[0], values[values.size() - 1]};
}

std::array<int64_t, 4> explicit_pad(const google::protobuf::RepeatedField<int64_t>& pad) {
  switch (pad.size()) {
    case 0: return {0, 0, 0, 0};
    case 4: return {pad[0], pad[1], pad[2], pad[3]};
    default: {
      const auto [vertical, horizontal] = pair_of(pad);
      return {vertical, vertical, horizontal, horizontal};
    }
  }
}

}  // namespace minnow
