#include "codegen/kernels/loop_pieces.h"

#include <algorithm>
#include <set>

#include "ir/threshold.h"
#include "ir/walk.h"
#include "ir/windows.h"

namespace minnow {
namespace {

// Each is code of its own.
const Threshold kMostPieces{"pieces of a loop nest", 64};

int64_t divide_up(int64_t a, int64_t by) { return a > 0 ? (a + by - 1) / by : -(-a / by); }

// How the loops go through a dimension of a value: its coordinate is scale * (the loop's counter) + offset.
struct Course {
  size_t loop;
  int64_t scale = 1, offset = 0;
  bool operator==(const Course&) const = default;
};

struct Reading {
  const Value* value;
  std::vector<Course> courses;
  bool operator==(const Reading&) const = default;
};
struct ReadingHash {
  size_t operator()(const Reading& reading) const {
    size_t hash = std::hash<const Value*>()(reading.value);
    for (const Course& course : reading.courses)
      for (const int64_t part : {static_cast<int64_t>(course.loop), course.scale, course.offset})
        hash = hash * 31 + static_cast<size_t>(part);
    return hash;
  }
};

// Walks from the results to what they read, as far as coordinates stay in step with the loops.
class CutFinder {
 public:
  CutFinder(const Storage& storage, const KernelWork& work, const Shape& shape)
      : storage_(storage), work_(work), shape_(shape), cuts_(shape.size()) {}

  std::vector<Cuts> find(const std::vector<const Value*>& roots) {
    std::vector<Course> courses;
    for (size_t d = 0; d < shape_.size(); ++d) courses.push_back({d});
    std::vector<Reading> readings;
    for (const Value* root : roots) readings.push_back({storage_.resolve(root), courses});
    visit_each_once<Reading, ReadingHash>(std::move(readings),
                                          [this](const Reading& reading, const auto& reach) { visit(reading, reach); });
    std::vector<Cuts> cuts;
    int64_t pieces = 1;
    for (const std::set<int64_t>& places : cuts_) {
      cuts.emplace_back(places.begin(), places.end());
      pieces *= static_cast<int64_t>(places.size()) + 1;
    }
    return pieces <= kMostPieces ? cuts : std::vector<Cuts>(shape_.size());
  }

 private:
  template <typename Reach>
  void visit(const Reading& reading, const Reach& reach) {
    const Op* op = reading.value->op;
    if (op == nullptr || !work_.inside.contains(op)) return;
    const auto go_on = [&](const Value* operand, const std::vector<Course>& courses) {
      reach(Reading{storage_.resolve(operand), courses});
    };
    const std::vector<Course>& courses = reading.courses;
    if (has_trait(op->kind, kElementwise)) {
      for (const Value* operand : op->operands) go_on(operand, courses);
    } else if (op->kind == OpKind::kSlice) {
      go_on(op->operands[0], behind_slice(op->attr<SliceAttributes>(), courses));
    } else if (op->kind == OpKind::kPad) {
      cut_at_padding(*op, courses);
    } else if (op->kind == OpKind::kConcat) {
      cut_between_parts(*op, courses[static_cast<size_t>(op->attr<DimAttributes>().dim)]);
    } else if (op->kind == OpKind::kWindowMax || op->kind == OpKind::kWindowSum) {
      cut_windows(*op, courses);
    }
  }

  static std::vector<Course> behind_slice(const SliceAttributes& slice, std::vector<Course> courses) {
    for (size_t d = 0; d < courses.size(); ++d) {
      courses[d].scale *= slice.stride[d];
      courses[d].offset = courses[d].offset * slice.stride[d] + slice.start[d];
    }
    return courses;
  }

  void cut_at_padding(const Op& op, const std::vector<Course>& courses) {
    const auto& pad = op.attr<PadAttributes>();
    for (size_t d = 0; d < courses.size(); ++d) {
      if (pad.interior[d] > 0) continue;
      cut(courses[d], pad.low[d]);
      cut(courses[d], pad.low[d] + op.operands[0]->type.shape[d]);
    }
  }

  void cut_between_parts(const Op& concat, const Course& course) {
    int64_t begin = 0;
    for (const Value* part : concat.operands) {
      cut(course, begin);
      begin += part->type.dim(concat.attr<DimAttributes>().dim);
    }
  }

  void cut_windows(const Op& op, const std::vector<Course>& courses) {
    const WindowAttributes window = window_within_picture(op);
    for (size_t i = 0; i < window.window.size(); ++i)
      for (const int64_t first : cuts_at_border(window, i, op.type().shape[2 + i], op.operands[0]->type.shape[2 + i]))
        cut(courses[2 + i], first);
  }

  // Where the coordinate reaches `first`.
  void cut(const Course& course, int64_t first) {
    const int64_t counter = divide_up(first - course.offset, course.scale);
    if (counter > 0 && counter < shape_[course.loop]) cuts_[course.loop].insert(counter);
  }

  const Storage& storage_;
  const KernelWork& work_;
  const Shape& shape_;
  std::vector<std::set<int64_t>> cuts_;
};

}  // namespace

Cuts cuts_at_border(const WindowAttributes& window, size_t i, int64_t windows, int64_t picture) {
  const int64_t stride = window.stride[i], before = window.pad[2 * i];
  const int64_t inside = std::min(windows, divide_up(before, stride));
  // The last window that ends inside begins at picture - window.
  const int64_t fits = picture + before - window.window[i];
  const int64_t beyond = std::clamp(fits < 0 ? 0 : fits / stride + 1, inside, windows);
  Cuts cuts;
  for (const int64_t place : {inside, beyond})
    if (place > 0 && place < windows && (cuts.empty() || cuts.back() < place)) cuts.push_back(place);
  return cuts;
}

std::vector<Cuts> find_cuts(const Storage& storage, const KernelWork& work, const Shape& shape,
                            const std::vector<const Value*>& roots) {
  return CutFinder(storage, work, shape).find(roots);
}

void loop_in_pieces(ElementEmitter& emitter, int64_t extent, const Cuts& cuts,
                    const std::function<void(const Coord&)>& body) {
  int64_t begin = 0;
  for (const int64_t end : cuts) emitter.loop(std::exchange(begin, end), end, body);
  emitter.loop(begin, extent, body);
}

}  // namespace minnow
