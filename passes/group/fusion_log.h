// Why ops did not come into one kernel, as the kernels find out while they grow; and the remarks made of it.
#pragma once

#include <map>
#include <string_view>

#include "passes/group/remarks.h"

namespace minnow {

class FusionLog {
 public:
  // `reason` must outlive the log. The last one counts.
  void refuse(const Op* producer, const Op* consumer, std::string_view reason) {
    reasons_[{producer, consumer}] = reason;
  }
  std::string_view reason(const Op* producer, const Op* consumer) const;

 private:
  std::map<std::pair<const Op*, const Op*>, std::string_view> reasons_;
};

// Says of every producer and consumer in the fused `function` whether they share a kernel, and why.
void remark_on_fusion(const Function& function, const FusionLog& log, Remarks& remarks);

}  // namespace minnow
