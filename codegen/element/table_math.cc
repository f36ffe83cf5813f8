// Functions where an instruction chooses among 16 or 32 floats in registers: a polynomial around one of so many points.
#include <llvm/IR/Constants.h>
#include <llvm/IR/IntrinsicsX86.h>
#include <llvm/IR/Module.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numbers>

#include "codegen/element/scalar_math.h"

namespace minnow {

using V = llvm::Value*;

namespace {

constexpr size_t kLanes = 16;
constexpr size_t kTerms = 6;

using Terms = std::array<double, kTerms>;
using Series = std::array<double, kTerms + 2>;  // of Taylor
using Column = std::vector<double>;

// The derivative's own is -2x times it.
Series erf_around(double c) {
  Series p = {std::erf(c), 2 * std::numbers::inv_sqrtpi * std::exp(-c * c)};
  double before = 0, slope = p[1];
  for (size_t k = 1; k + 1 < p.size(); ++k) {
    const double next = -2 * (c * slope + before) / static_cast<double>(k);
    before = slope, slope = next;
    p[k + 1] = slope / static_cast<double>(k + 1);
  }
  return p;
}

// The derivative is 1 - tanh².
Series tanh_around(double c) {
  Series p = {std::tanh(c)};
  for (size_t k = 0; k + 1 < p.size(); ++k) {
    double slope = k == 0 ? 1 : 0;
    for (size_t i = 0; i <= k; ++i) slope -= p[i] * p[k - i];
    p[k + 1] = slope / static_cast<double>(k + 1);
  }
  return p;
}

// The power that is one too high, replaced by lower ones: Chebyshev's polynomial of its degree is left out (C. Lanczos,
// "Applied Analysis", 1956, VII). Around 0, where the function is odd, so is done to its quotient by r: small results
// are as exact as others.
Terms economized(const Series& p, double centre, double half) {
  const size_t first = centre == 0 ? 1 : 0;
  Terms terms;
  std::copy_n(p.begin(), kTerms, terms.begin());
  const double square = half * half, highest = p[kTerms + first];
  terms[first] += highest * square * square * square / 32;
  terms[first + 2] -= highest * square * square * 9 / 16;
  terms[first + 4] += highest * square * 3 / 2;
  return terms;
}

// Where each entry's polynomial is of use: at centre ± half. From `end` on the function is 1 in f32.
struct Grid {
  Column centre, half;
  double end;
};

// Around multiples of a step, up to one where erf is 1 in f32.
constexpr double kApart = 17.0 / 64, kLastPoint = kApart * (kLanes - 1);

Grid even_grid() {
  Grid grid{{}, Column(kLanes, kApart / 2), HUGE_VAL};
  for (size_t i = 0; i < kLanes; ++i) grid.centre.push_back(static_cast<double>(i) * kApart);
  return grid;
}

// A quarter of an octave each, by the two highest bits of the fraction and the three lowest of the exponent; the one
// below 1/8 is for all that are smaller.
constexpr int kFractionBits = 21;  // of f32, that are no part of an index
constexpr double kSmallest = 0.12, kLargest = 15.9;

Grid octave_grid() {
  Grid grid{Column(2 * kLanes, kLargest), Column(2 * kLanes), 10};
  for (int quarter = -1; quarter < 4 * 7; ++quarter) {
    const int octave = (quarter + 4) / 4 - 4;  // [1/8, 1/4) is the first
    const double width = std::ldexp(0.25, octave);
    const auto low = static_cast<float>(std::ldexp(1, octave) + (quarter + 4) % 4 * width);
    const size_t entry = (std::bit_cast<uint32_t>(low) >> kFractionBits) % grid.centre.size();
    grid.centre[entry] = quarter < 0 ? 0 : double{low} + width / 2;
    grid.half[entry] = quarter < 0 ? 0.125 : width / 2;
  }
  return grid;
}

std::vector<Column> table_of(Series (*around)(double), const Grid& grid) {
  std::vector<Column> table(kTerms);
  for (size_t i = 0; i < grid.centre.size(); ++i) {
    const double centre = grid.centre[i];
    const Terms terms = centre < grid.end ? economized(around(centre), centre, grid.half[i]) : Terms{1};
    for (size_t term = 0; term < kTerms; ++term) table[term].push_back(terms[term]);
  }
  return table;
}

std::vector<float> floats_of(std::span<const double> numbers) { return {numbers.begin(), numbers.end()}; }

V in_register(llvm::LLVMContext& context, std::span<const double> entries) {
  return llvm::ConstantDataVector::get(context, floats_of(entries));
}

llvm::Constant* in_memory(llvm::Module& module, std::span<const double> entries) {
  llvm::Constant* table = llvm::ConstantDataArray::get(module.getContext(), llvm::ArrayRef(floats_of(entries)));
  return new llvm::GlobalVariable(module, table->getType(), true, llvm::GlobalValue::PrivateLinkage, table);
}

}  // namespace

// By the low bits of each lane of an index. Lanes that fill no register read the same from memory.
V ScalarMath::look_up(std::span<const double> entries, V index) {
  llvm::LLVMContext& context = ir_.getContext();
  auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(index->getType());
  if (vector != nullptr && vector->getNumElements() == kLanes) {
    V low = in_register(context, entries.first(kLanes));
    if (entries.size() == kLanes)
      return ir_.CreateIntrinsic(llvm::Intrinsic::x86_avx512_permvar_sf_512, {}, {low, index});
    V high = in_register(context, entries.last(kLanes));
    return ir_.CreateIntrinsic(llvm::Intrinsic::x86_avx512_vpermi2var_ps_512, {}, {low, index, high});
  }
  llvm::Constant* table = in_memory(*ir_.GetInsertBlock()->getModule(), entries);
  const auto entry = [&](V lane) {
    V place = ir_.CreateAnd(lane, like_int(lane, static_cast<int64_t>(entries.size()) - 1));
    return ir_.CreateLoad(ir_.getFloatTy(), ir_.CreateInBoundsGEP(ir_.getFloatTy(), table, place));
  };
  if (vector == nullptr) return entry(index);
  V result = llvm::PoisonValue::get(with_element(index, ir_.getFloatTy()));
  for (unsigned lane = 0; lane < vector->getNumElements(); ++lane)
    result = ir_.CreateInsertElement(result, entry(ir_.CreateExtractElement(index, lane)), lane);
  return result;
}

// In r, the distance from the centre.
V ScalarMath::polynomial_around(std::span<const std::vector<double>> terms, V index, V r) {
  V y = look_up(terms.back(), index);
  for (size_t term = terms.size() - 1; term-- > 0;) y = fma(y, r, look_up(terms[term], index));
  return y;
}

// The nearest centre is found by adding a number so large that the sum's low bits count steps.
V ScalarMath::erf_by_table(V x) {
  static const auto kTable = table_of(erf_around, even_grid());
  constexpr double kRound = 0x1.8p23;
  V a = min(DType::kF32, abs(DType::kF32, x), like(x, kLastPoint));
  V shifted = fma(a, like(x, 1 / kApart), like(x, kRound));
  V r = fma(ir_.CreateFSub(shifted, like(x, kRound)), like(x, -kApart), a);
  V index = ir_.CreateBitCast(shifted, with_element(x, ir_.getInt32Ty()));
  return ir_.CreateBinaryIntrinsic(llvm::Intrinsic::copysign, polynomial_around(kTable, index, r), x);
}

V ScalarMath::tanh_by_table(V x) {
  static const Grid kGrid = octave_grid();
  static const auto kTable = table_of(tanh_around, kGrid);
  V a = min(DType::kF32, abs(DType::kF32, x), like(x, kLargest));
  V index = ir_.CreateBitCast(max(DType::kF32, a, like(x, kSmallest)), with_element(x, ir_.getInt32Ty()));
  index = ir_.CreateLShr(index, kFractionBits);
  V r = ir_.CreateFSub(a, look_up(kGrid.centre, index));
  return ir_.CreateBinaryIntrinsic(llvm::Intrinsic::copysign, polynomial_around(kTable, index, r), x);
}

}  // namespace minnow
