// Coordinates keep what is constant apart, so that neighbours share the computation of their address.
#include <gtest/gtest.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/LLVMContext.h>

#include <algorithm>

#include "codegen/element/element_emitter.h"

namespace minnow {
namespace {

class Coords : public testing::Test {
 protected:
  size_t instructions() {
    const auto all = llvm::instructions(*kernel_.function());
    return static_cast<size_t>(std::distance(all.begin(), all.end()));
  }

  llvm::LLVMContext context_;
  llvm::Module module_{"coords", context_};
  Target target_ = *named_target("x86_64-linux-gnu", "znver4");
  KernelBuilder kernel_{module_, target_, "kernel"};
  std::vector<Buffer> buffers_;
  Storage storage_{buffers_};
  std::unordered_set<const Op*> inside_;
  ElementEmitter emitter_{kernel_, storage_, inside_, 16};
};

TEST_F(Coords, OfConstantsNeedNoCode) {
  const size_t before = instructions();
  const Coord at = emitter_.offset(emitter_.scale(emitter_.constant(5), 7), 2);
  EXPECT_TRUE(at.is_constant());
  EXPECT_EQ(at.constant, 37);
  EXPECT_EQ(emitter_.divide(at, 10), emitter_.constant(3));
  EXPECT_EQ(emitter_.remainder(at, 10), emitter_.constant(7));
  EXPECT_EQ(emitter_.index_of(at), kernel_.index(37));
  EXPECT_EQ(instructions(), before);
}

TEST_F(Coords, OfNeighboursDifferInAConstant) {
  llvm::Value* i = kernel_.begin();
  const auto row = [&](int64_t k) { return emitter_.uniform(kernel_.ir().CreateAdd(i, kernel_.index(k))); };
  const Coord first = emitter_.scale(row(0), 12), third = emitter_.scale(row(2), 12);
  EXPECT_EQ(first.variable, third.variable);
  EXPECT_EQ(third.constant - first.constant, 24);
  EXPECT_EQ(emitter_.lane(third).step, 1);
}

TEST_F(Coords, OfNeighboursShareTheirAddress) {
  llvm::Value* base = kernel_.stack(kernel_.ir().getFloatTy(), 1000);
  const auto address = [&](int64_t k) {
    const Coord at = emitter_.add(emitter_.scale(emitter_.uniform(kernel_.begin()), 12),
                                  emitter_.offset(emitter_.uniform(kernel_.end()), k));
    return emitter_.element_address(base, kernel_.ir().getFloatTy(), at);
  };
  llvm::Value* first = address(0);
  const size_t before = instructions();
  EXPECT_EQ(address(0), first);
  auto* third = llvm::dyn_cast<llvm::GetElementPtrInst>(address(2));
  ASSERT_NE(third, nullptr);
  EXPECT_EQ(third->getPointerOperand(), first);
  EXPECT_TRUE(third->hasAllConstantIndices());
  EXPECT_EQ(instructions(), before + 1);
}

// So that a loop has the part in a register.
TEST_F(Coords, OfALoopComeBehindWhatWasKnownBefore) {
  llvm::Value* base = kernel_.stack(kernel_.ir().getFloatTy(), 1000);
  llvm::Type* type = kernel_.ir().getFloatTy();
  kernel_.loop(0, 10, [&](llvm::Value* i) {
    const Coord at = emitter_.scale(emitter_.uniform(kernel_.ir().CreateAdd(i, kernel_.begin())), 12);
    const auto* here = llvm::dyn_cast<llvm::GetElementPtrInst>(emitter_.element_address(base, type, at));
    ASSERT_NE(here, nullptr);
    EXPECT_EQ(here->getOperand(1), emitter_.scale(emitter_.uniform(i), 12).variable);
    llvm::Value* before = emitter_.element_address(base, type, emitter_.scale(emitter_.uniform(kernel_.begin()), 12));
    EXPECT_EQ(here->getPointerOperand(), before);
  });
}

TEST_F(Coords, OfAnotherBlockAreComputedAnew) {
  const auto scaled = [&] { return emitter_.scale(emitter_.uniform(kernel_.begin()), 12).variable; };
  llvm::Value* first = scaled();
  EXPECT_EQ(scaled(), first);
  kernel_.when(kernel_.ir().getTrue(), [&] { EXPECT_NE(scaled(), first); });
}

}  // namespace
}  // namespace minnow
