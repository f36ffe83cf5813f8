// Kernels that divide their work wrongly are found out, by the way that runs them and the result that is wrong.
#include <gtest/gtest.h>
#include <llvm/Analysis/ValueTracking.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/IntrinsicInst.h>

#include <cstdlib>

#include "codegen/schedule/kernel_work.h"
#include "ir/text.h"
#include "proof/fuzz.h"
#include "proof/parameters.h"

namespace minnow {
namespace {

// Products of few rows, of many, and of whole panels with a rest; a convolution whose images are copied with a padding,
// and one that pads by itself.
constexpr const char* kProgram = R"(
func @f(%a: f32[3,600], %b: f32[37,600], %c: f32[29,45], %d: f32[45,43], %x: f32[2,3,9,11], %w: f32[5,3,3,3],
        %p: f32[7,13]) -> (few: f32[3,37], many: f32[29,43], image: f32[2,5,9,11], padded: f32[10,18]) {
  %0 = dot(%a, %b) {contract = [1, 1]} : f32[3,37]
  %1 = dot(%c, %d) : f32[29,43]
  %2 = conv(%x, %w) {pad = [1, 1, 1, 1]} : f32[2,5,9,11]
  %3 = pad(%p) {low = [1, 2], high = [2, 3], interior = [0, 0], value = 0.5} : f32[10,18]
  %4 = exp(%3) : f32[10,18]
  return %0, %1, %2, %4
}
)";

proof::FuzzCase program() {
  auto module = parse_module(kProgram, "program.ir");
  MINNOW_CHECK(module, "{}", module.error().to_string());
  proof::FuzzCase drawn{kProgram, false, false, {}};
  drawn.subject.function = std::move((*module)->functions.front());
  proof::Rng rng(1);
  const std::vector<proof::Domain> domains(drawn.subject.function->parameters().size());
  drawn.subject.arguments = draw_arguments(*drawn.subject.function, domains, proof::Numbers::kUniform, rng);
  return drawn;
}

// Rounds an axis down to whole vectors.
bool drop_tail(Contraction& whole, std::vector<Contraction>& phases, size_t axis, int64_t lanes) {
  const int64_t extent = whole.axes[axis].extent, rest = extent % lanes;
  if (rest == 0 || extent < lanes) return false;
  whole.axes[axis].extent -= rest;
  for (Contraction& phase : phases) phase.axes[axis].extent -= rest;
  return true;
}

bool drop_columns(KernelWork& work, const Target&) {
  auto* panel = work.contraction ? std::get_if<PanelSchedule>(&*work.contraction) : nullptr;
  return panel != nullptr &&
         drop_tail(panel->whole, panel->phases, panel->whole.axes_of(Axis::Kind::kColumn)[0], panel->lanes);
}

bool drop_depth(KernelWork& work, const Target&) {
  auto* depth = work.contraction ? std::get_if<DepthLanesSchedule>(&*work.contraction) : nullptr;
  return depth != nullptr && drop_tail(depth->whole, depth->phases, depth->lane_axis, depth->lanes);
}

// A block of rows that does not divide them.
bool drop_rows(KernelWork& work, const Target&) {
  auto* panel = work.contraction ? std::get_if<PanelSchedule>(&*work.contraction) : nullptr;
  if (panel == nullptr || panel->whole.has_windows()) return false;
  const size_t row = panel->whole.axes_of(Axis::Kind::kRow)[0];
  panel->whole.axes[row].extent -= 1;
  for (Contraction& phase : panel->phases) phase.axes[row].extent -= 1;
  panel->block[row] -= 1;
  return true;
}

// How many sums do not wait for each other follows the tiles, which tuning changes, where it may follow the target
// alone.
bool order_by_tiles(KernelWork& work, const Target& target) {
  auto* depth = work.contraction ? std::get_if<DepthLanesSchedule>(&*work.contraction) : nullptr;
  if (depth == nullptr || depth->whole.has_windows()) return false;
  depth->steps = 1 + target.schedule.tiles.accumulators % 3;
  return true;
}

// Comparisons that say which elements there are, made to let one more through.
template <typename Choose>
bool widen_masks(llvm::Function& kernel, Choose choose) {
  bool found = false;
  for (llvm::Instruction& instruction : llvm::instructions(kernel)) {
    auto* compare = llvm::dyn_cast<llvm::ICmpInst>(&instruction);
    if (compare == nullptr || !choose(*compare)) continue;
    if (compare->getPredicate() == llvm::CmpInst::ICMP_ULT)
      compare->setPredicate(llvm::CmpInst::ICMP_ULE), found = true;
    if (compare->getPredicate() == llvm::CmpInst::ICMP_SLT)
      compare->setPredicate(llvm::CmpInst::ICMP_SLE), found = true;
  }
  return found;
}

// Of the lanes of a vector, counted from 0, those before the end.
bool widen_tail(llvm::Function& kernel) {
  return widen_masks(kernel, [](const llvm::ICmpInst& compare) {
    return compare.getType()->isVectorTy() && llvm::isa<llvm::Constant>(compare.getOperand(0));
  });
}

// Of a coordinate, those within the tensor.
bool widen_padding(llvm::Function& kernel) {
  return widen_masks(kernel, [](const llvm::ICmpInst& compare) {
    return compare.getPredicate() == llvm::CmpInst::ICMP_ULT && !llvm::isa<llvm::Constant>(compare.getOperand(0));
  });
}

// What a copy has around the image is whatever was there before.
bool forget_zeros(llvm::Function& kernel) {
  std::vector<llvm::Instruction*> zeros;
  for (llvm::Instruction& instruction : llvm::instructions(kernel))
    if (llvm::isa<llvm::MemSetInst>(instruction)) zeros.push_back(&instruction);
  for (llvm::Instruction* memset : zeros) memset->eraseFromParent();
  return !zeros.empty();
}

// Vectors of what is copied land one place further than where they are read.
bool shift_staged(llvm::Function& kernel) {
  bool found = false;
  for (llvm::Instruction& instruction : llvm::instructions(kernel)) {
    auto* store = llvm::dyn_cast<llvm::StoreInst>(&instruction);
    auto* place = store == nullptr ? nullptr : llvm::dyn_cast<llvm::GetElementPtrInst>(store->getPointerOperand());
    if (place == nullptr || !store->getValueOperand()->getType()->isVectorTy() || place->getNumIndices() != 1) continue;
    if (!llvm::isa<llvm::AllocaInst>(llvm::getUnderlyingObject(place))) continue;
    llvm::Value* index = place->getOperand(1);
    place->setOperand(1,
                      llvm::BinaryOperator::CreateAdd(index, llvm::ConstantInt::get(index->getType(), 1), "", place));
    found = true;
  }
  return found;
}

struct WrongKernel {
  const char* name;
  const char* says;  // part of what is told
  bool (*work)(KernelWork&, const Target&) = nullptr;
  bool (*code)(llvm::Function&) = nullptr;
  friend void PrintTo(const WrongKernel& wrong, std::ostream* out) { *out << wrong.name; }
};

constexpr WrongKernel kWrongKernels[] = {
    {"DropsTheLastColumns", "output many", drop_columns},
    {"DropsTheLastRow", "output many", drop_rows},
    {"DropsTheEndOfADepth", "output few", drop_depth},
    {"SumsInAnOrderOfTiles", "jit -O3, other schedules: output few", order_by_tiles},
    {"SeesALaneTooMany", "wrote past an end of result few", nullptr, widen_tail},
    {"SeesARowOfPaddingTooMany", "output padded", nullptr, widen_padding},
    {"LeavesThePaddingOfACopy", "output image", nullptr, forget_zeros},
    {"StagesAPlaceTooFar", "output image", nullptr, shift_staged},
};

class WrongKernels : public ::testing::TestWithParam<WrongKernel> {};

// In a process of its own, whose stack they may leave damaged.
TEST_P(WrongKernels, AreFoundOut) {
  constexpr uint32_t kSchedules = 16;  // more than there are
  const auto find = [] {
    bool is_planted = false;
    proof::PlantedBug bug;
    if (GetParam().work != nullptr)
      bug.kernels.work = [&](KernelWork& work, const Target& target) { is_planted |= GetParam().work(work, target); };
    if (GetParam().code != nullptr) bug.kernels.code = [&](llvm::Function& f) { is_planted |= GetParam().code(f); };
    ThreadPool pair(2);
    const proof::FuzzCase drawn = program();
    for (uint32_t seed = 0; seed < 5 * kSchedules; seed += 5)
      for (const std::string& complaint : proof::run_case(drawn, seed, pair, &bug).complaints) {
        fmt::print(stderr, "{}\n", complaint);
        if (is_planted && complaint.find(GetParam().says) != std::string::npos) std::_Exit(1);
      }
    std::_Exit(0);
  };
  EXPECT_EXIT(find(), ::testing::ExitedWithCode(1), "");
}

INSTANTIATE_TEST_SUITE_P(All, WrongKernels, ::testing::ValuesIn(kWrongKernels),
                         [](const auto& info) { return info.param.name; });

TEST(RightKernels, AreNotComplainedOf) {
  ThreadPool pair(2);
  const proof::FuzzCase drawn = program();
  for (const uint32_t seed : {0U, 10U, 20U, 30U, 40U})
    EXPECT_TRUE(proof::run_case(drawn, seed, pair).complaints.empty()) << seed;
}

}  // namespace
}  // namespace minnow
