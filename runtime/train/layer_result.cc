#include "runtime/train/layer_result.h"

#include "frontend/lower/lower_results.h"

namespace minnow {

Result<Tensor> layer_result(Session& session, const std::string& name, Batch& batch) {
  MINNOW_ASSIGN(auto function, lower_result(session.model(), name, {.batch_size = batch.size()}));
  const auto executable = make_interpreted(std::move(function));
  MINNOW_TRY(session.run(*executable, batch, 0, 0));
  return executable->result("result").converted_to(DType::kF32);
}

}  // namespace minnow
