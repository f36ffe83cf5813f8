// Minnow's random numbers: Philox4x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC'11), by which
// a number depends on (seed, stream, step, index) alone.
const SHUFFLE_STREAM = 0xFFFF0001, GLYPH_STREAM = 0xFFFF0002;

// The high word of a product of 32 bits each.
function highWord(a, b) {
  const aLow = a & 0xFFFF, aHigh = a >>> 16, bLow = b & 0xFFFF, bHigh = b >>> 16;
  const middle = aHigh * bLow + (aLow * bLow >>> 16);
  return aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor((aLow * bHigh + (middle & 0xFFFF)) / 0x10000) >>> 0;
}

class RandomSequence {
  constructor(seed, stream, step) {
    Object.assign(this, {seed, stream, step, block: -1, words: new Uint32Array(4)});
  }

  draw(block) {
    let [a, b, c, d] = [block >>> 0, Math.floor(block / 0x100000000), this.step, 0];
    let [key, other] = [this.seed, this.stream];
    for (let round = 0; round < 10; ++round) {
      const high0 = highWord(0xD2511F53, a), low0 = Math.imul(0xD2511F53, a);
      const high1 = highWord(0xCD9E8D57, c), low1 = Math.imul(0xCD9E8D57, c);
      [a, b, c, d] = [(high1 ^ b ^ key) >>> 0, low1 >>> 0, (high0 ^ d ^ other) >>> 0, low0 >>> 0];
      key = key + 0x9E3779B9 >>> 0;
      other = other + 0xBB67AE85 >>> 0;
    }
    this.words.set([a, b, c, d]);
    this.block = block;
  }

  bits(index) {
    const block = Math.floor(index / 4);
    if (block !== this.block) this.draw(block);
    return this.words[index % 4];
  }

  uniform(index) { return (this.bits(index) >>> 8) / 0x1000000; }
}

// The order in which an epoch of `minnow train` visits its examples (Fisher and Yates).
function shuffledOrder(count, seed, epoch) {
  const random = new RandomSequence(seed, SHUFFLE_STREAM, epoch);
  const order = Int32Array.from({length: count}, (_, i) => i);
  for (let i = count; i > 1; --i) {
    const j = highWord(random.bits(i), i);
    [order[i - 1], order[j]] = [order[j], order[i - 1]];
  }
  return order;
}
