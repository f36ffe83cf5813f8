#include "codegen/element/dot_matrices.h"

namespace minnow {

Position dot_operand_position(const Op& dot, size_t operand, const Position& at, const Coord& k) {
  const auto& [contract, batch] = dot.attr<DotAttributes>();
  const auto first = at.begin() + (operand == 0 ? batch : dot.operands[0]->type.rank() - 1);  // of its free dimensions
  Position position(at.begin(), at.begin() + batch);
  position.insert(position.end(), first, first + dot.operands[operand]->type.rank() - 1 - batch);
  position.insert(position.begin() + contract[operand], k);
  return position;
}

DotMatrices::DotMatrices(ElementEmitter& emitter, const Op& dot)
    : emitter_(emitter), dot_(dot), zero_(emitter.constant(0)),
      batch_(static_cast<size_t>(dot.attr<DotAttributes>().batch), zero_) {}

void DotMatrices::choose(llvm::Value* index) {
  Coord rest = emitter_.uniform(index);
  for (size_t i = batch_.size(); i-- > 0;) {
    const int64_t extent = dot_.type().shape[i];
    batch_[i] = i == 0 ? rest : emitter_.remainder(rest, extent);
    if (i > 0) rest = emitter_.divide(rest, extent);
  }
}

Position DotMatrices::result(const Coord& m, const Coord& n) const {
  Position at = batch_;
  at.push_back(m);
  at.push_back(n);
  return at;
}

}  // namespace minnow
