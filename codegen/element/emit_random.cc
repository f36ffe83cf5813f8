// Random numbers: RandomSequence::bits of ir/random.h, in vectors.
#include <numeric>

#include "codegen/element/emit_rules.h"

namespace minnow {

using V = llvm::Value*;

namespace {

constexpr int kBlock = 4;  // numbers that Philox makes at once

// Words are the lower halves of numbers of 64 bits, whose upper halves may hold anything: as such their products of 64
// bits are made and taken apart without moving lanes.
struct Words {
  V word[kBlock];
};

// One round of Philox4x32 on vectors: two 32×32 → 64-bit products.
Words philox_round(llvm::IRBuilder<>& ir, const Words& c, V key0, V key1) {
  const auto literal = [&](uint64_t value) { return llvm::ConstantInt::get(key0->getType(), value); };
  const auto product = [&](V x, uint64_t by) {
    return ir.CreateMul(ir.CreateAnd(x, literal(0xffffffff)), literal(by));
  };
  const auto high = [&](V x) { return ir.CreateLShr(x, literal(32)); };
  V product0 = product(c.word[0], 0xD2511F53);
  V product1 = product(c.word[2], 0xCD9E8D57);
  return {{ir.CreateXor(ir.CreateXor(high(product1), c.word[1]), key0), product1,
           ir.CreateXor(ir.CreateXor(high(product0), c.word[3]), key1), product0}};
}

// Of the blocks of these numbers, one per lane; `seed` and `step` are of their type.
Words philox(llvm::IRBuilder<>& ir, V block, V seed, V step, int64_t stream) {
  llvm::Type* narrow = block->getType();
  llvm::Type* wide = narrow->getWithNewType(ir.getInt64Ty());
  const auto literal = [&](uint64_t value) { return llvm::ConstantInt::get(wide, value); };
  Words counter{{ir.CreateZExt(block, wide), literal(0), ir.CreateZExt(step, wide), literal(0)}};
  V key0 = ir.CreateZExt(seed, wide);
  V key1 = literal(static_cast<uint64_t>(stream));
  for (int round = 0; round < 10; ++round) {
    counter = philox_round(ir, counter, key0, key1);
    key0 = ir.CreateAdd(key0, literal(0x9E3779B9));
    key1 = ir.CreateAdd(key1, literal(0xBB67AE85));
  }
  for (V& word : counter.word) word = ir.CreateTrunc(word, narrow);
  return counter;
}

// A block for each lane, of which it takes one number.
V bits_anywhere(llvm::IRBuilder<>& ir, V index, V seed, V step, int64_t stream) {
  auto literal = [&](uint64_t value) { return llvm::ConstantInt::get(index->getType(), value); };
  const Words made = philox(ir, ir.CreateLShr(index, literal(2)), seed, step, stream);
  V word = ir.CreateAnd(index, literal(kBlock - 1));
  V bits = made.word[0];
  for (uint64_t i = 1; i < kBlock; ++i) bits = ir.CreateSelect(ir.CreateICmpEQ(word, literal(i)), made.word[i], bits);
  return bits;
}

// `lanes` numbers that follow each other, from the beginning of a block on: all numbers of a quarter as many blocks.
V bits_in_order(llvm::IRBuilder<>& ir, V index, V seed, V step, int64_t stream, int lanes) {
  const int count = lanes / kBlock;
  const auto quarter = [&](V vector, int stride) {
    llvm::SmallVector<int, 16> mask;
    for (int i = 0; i < count; ++i) mask.push_back(i * stride);
    return ir.CreateShuffleVector(vector, mask);
  };
  V block = quarter(ir.CreateLShr(index, llvm::ConstantInt::get(index->getType(), 2)), kBlock);
  const Words made = philox(ir, block, quarter(seed, 1), quarter(step, 1), stream);
  llvm::SmallVector<int, 32> both(static_cast<size_t>(2 * count)), all, order;
  std::iota(both.begin(), both.end(), 0);
  for (int i = 0; i < lanes; ++i) {
    all.push_back(i);
    order.push_back(i % kBlock * count + i / kBlock);
  }
  V low = ir.CreateShuffleVector(made.word[0], made.word[1], both);
  V high = ir.CreateShuffleVector(made.word[2], made.word[3], both);
  return ir.CreateShuffleVector(ir.CreateShuffleVector(low, high, all), order);
}

// The bits at a vector of indices.
V random_bits(ElementEmitter& emitter, const Coord& at, V seed, V step, int64_t stream) {
  llvm::IRBuilder<>& ir = emitter.ir();
  V index = emitter.per_lane(at);
  if (emitter.lanes() == 1) index = ir.CreateTrunc(index, ir.getInt32Ty());
  if (at.per_lane || at.step != 1 || emitter.lanes() < 2 * kBlock) return bits_anywhere(ir, index, seed, step, stream);
  V place = ir.CreateAnd(emitter.index_of(at), kBlock - 1);
  V begins_block = ir.CreateICmpEQ(place, emitter.kernel().index(0));
  V bits = emitter.kernel().stack(index->getType());
  emitter.kernel().when(begins_block,
                        [&] { ir.CreateStore(bits_in_order(ir, index, seed, step, stream, emitter.lanes()), bits); });
  emitter.kernel().when(ir.CreateNot(begins_block),
                        [&] { ir.CreateStore(bits_anywhere(ir, index, seed, step, stream), bits); });
  return ir.CreateLoad(index->getType(), bits);
}

}  // namespace

V EmitRule<OpKind::kRandom>::apply(ElementEmitter& emitter, const Op& op, const Position& at) {
  llvm::IRBuilder<>& ir = emitter.ir();
  V seed = emitter.emit(op.operands[0], {});
  V step = emitter.emit(op.operands[1], {});
  V bits = random_bits(emitter, emitter.row_major(at, op.type().shape), seed, step, op.attr<RandomAttributes>().stream);
  V top = ir.CreateLShr(bits, llvm::ConstantInt::get(bits->getType(), 8));
  llvm::Type* type = emitter.type_of(op.type().dtype);
  return ir.CreateFMul(ir.CreateUIToFP(top, type), llvm::ConstantFP::get(type, 0x1p-24));
}

}  // namespace minnow
