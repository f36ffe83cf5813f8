#include "passes/gradient/nest_loop.h"

#include <cmath>

#include "ir/builder.h"
#include "ir/loop.h"

namespace minnow {
namespace {

// The largest divisor that is no larger than the square root.
int64_t inner_count(int64_t count) {
  auto divisor = static_cast<int64_t>(std::sqrt(static_cast<double>(count)));
  while (count % divisor != 0) --divisor;
  return divisor;
}

}  // namespace

void nest_loop(Op& loop) {
  LoopAttributes outer = loop.attr<LoopAttributes>();
  LoopAttributes inner = outer;
  inner.count = inner_count(outer.count);
  inner.recompute = false;
  if (inner.count == 1) return;
  outer.count /= inner.count;
  auto body = std::make_unique<Function>("body");
  std::vector<Value*> parameters;
  for (size_t i = 0; i < loop.operands.size(); ++i)
    parameters.push_back(body->add_parameter("", loop_parameter_type(outer, i, loop.operands[i]->type)));
  Builder b(*body);
  b.set_location(loop.location);
  const Op* inside = b.loop(std::move(parameters), std::move(inner), std::move(loop.body));
  for (const auto& result : inside->results) body->add_result("", result.get());
  loop.body = std::move(body);
  loop.attributes = std::move(outer);
}

}  // namespace minnow
