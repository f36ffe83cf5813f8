// GLYPHS, the digits that Minnow draws itself (runtime/data/glyphs.h), here drawn once more: pen strokes with a wobbling
// hand, random slant, size, place, pen width and ink, on a noisy ground. `font` has the ways to write each digit.
const GLYPH_SIZE = 28, GLYPH_PIXELS = GLYPH_SIZE * GLYPH_SIZE;

// Pictures are to be those that `minnow train` draws, pixel by pixel: so every result is rounded to 32 bits, as C++ does.
const f = Math.fround;
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

class GlyphDraws {
  constructor(random, next) { Object.assign(this, {random, next}); }
  uniform(low, high) { return f(f(low) + f(f(f(high) - f(low)) * this.random.uniform(this.next++))); }
  normal(deviation) {
    const [a, b, c] = [this.uniform(-1, 1), this.uniform(-1, 1), this.uniform(-1, 1)];
    return f(f(deviation) * f(f(a + b) + c));
  }
  choice(count) { return highWord(this.random.bits(this.next++), count); }
}

// From the font's unit box to pixels.
function drawAffine(draws) {
  const height = f(19 * draws.uniform(0.82, 1.12));
  const width = f(height * draws.uniform(0.72, 1.1));
  const slant = f(draws.normal(0.2) - f(0.08));
  const turn = draws.normal(0.16);
  const [cosine, sine] = [f(Math.cos(turn)), f(Math.sin(turn))];
  const [a, b] = [f(width * cosine), f(height * f(f(slant * cosine) - sine))];
  const [c, d] = [f(width * sine), f(height * f(f(slant * sine) + cosine))];
  const [shiftX, shiftY] = [f(14 + draws.normal(1.2)), f(14 + draws.normal(1.2))];
  return ([x, y]) => {
    [x, y] = [f(x - 0.5), f(y - 0.5)];
    return [f(f(f(a * x) + f(b * y)) + shiftX), f(f(f(c * x) + f(d * y)) + shiftY)];
  };
}

// p1 + t/2 (p2 - p0 + t (2 p0 - 5 p1 + 4 p2 - p3 + t (3 (p1 - p2) + p3 - p0)))
function catmullRom(p0, p1, p2, p3, t) {
  const cubic = f(f(f(3 * f(p1 - p2)) + p3) - p0);
  const square = f(f(f(f(f(2 * p0) - f(5 * p1)) + f(4 * p2)) - p3) + f(t * cubic));
  return f(p1 + f(f(0.5 * t) * f(f(p2 - p0) + f(t * square))));
}

// Squared distances from the pixels within reach to the nearest point of the pen's path.
class DistanceField {
  constructor(reach) { Object.assign(this, {reach, squared: new Float32Array(GLYPH_PIXELS).fill(1e9)}); }

  span(a, b) {
    return [Math.trunc(clamp(f(Math.min(a, b) - this.reach), 0, GLYPH_SIZE - 1)),
            Math.trunc(clamp(f(Math.max(a, b) + this.reach), 0, GLYPH_SIZE - 1))];
  }

  addSegment([fromX, fromY], [toX, toY]) {
    const [left, right] = this.span(fromX, toX), [top, bottom] = this.span(fromY, toY);
    const dx = f(toX - fromX), dy = f(toY - fromY), scale = f(1 / Math.max(f(f(dx * dx) + f(dy * dy)), f(1e-6)));
    for (let y = top; y <= bottom; ++y) {
      for (let x = left; x <= right; ++x) {
        const px = f(x + 0.5 - fromX), py = f(y + 0.5 - fromY);
        const t = clamp(f(f(f(px * dx) + f(py * dy)) * scale), 0, 1);
        const ex = f(px - f(t * dx)), ey = f(py - f(t * dy)), pixel = y * GLYPH_SIZE + x;
        this.squared[pixel] = Math.min(this.squared[pixel], f(f(ex * ex) + f(ey * ey)));
      }
    }
  }

  addCurve(points) {
    const last = points.length - 1;
    for (let i = 0; i < last; ++i) {
      const p0 = points[Math.max(i - 1, 0)], p3 = points[Math.min(i + 2, last)];
      let from = points[i];
      for (let step = 1; step <= 5; ++step) {
        const to = [0, 1].map(axis => catmullRom(p0[axis], points[i][axis], points[i + 1][axis], p3[axis], f(step / 5)));
        this.addSegment(from, to);
        from = to;
      }
    }
  }

  addLines(points) {
    for (let i = 0; i + 1 < points.length; ++i) this.addSegment(points[i], points[i + 1]);
  }
}

function paintGlyph(field, radius, draws, random, noiseWord, pixels) {
  const ink = draws.uniform(170, 255), noise = draws.uniform(0.02, 0.3);
  for (let i = 0; i < GLYPH_PIXELS; ++i) {
    const cover = clamp(f(f(radius + 0.5) - f(Math.sqrt(field.squared[i]))), 0, 1);
    const word = random.bits(noiseWord + (i >> 1)) >>> i % 2 * 16;
    pixels[i] = clamp(f(f(ink * cover) + f(noise * ((word & 0xFF) + (word >>> 8 & 0xFF) - 255))), 0, 255);
  }
}

// Picture `index` of a split, 0 to train or 1 to validate, into bytes. It shows the digit index % 10.
function drawGlyph(font, seed, split, index, pixels) {
  const first = index * 1024;
  const random = new RandomSequence(seed, GLYPH_STREAM, split);
  const draws = new GlyphDraws(random, first);
  const variants = font[index % 10];
  const strokes = variants[draws.choice(variants.length)];
  const affine = drawAffine(draws);
  const radius = draws.uniform(0.7, 1.7);
  const field = new DistanceField(f(radius + 1));
  for (const {smooth, points} of strokes) {
    const moved = points.map(([x, y]) => affine([f(f(x) + draws.normal(0.03)), f(f(y) + draws.normal(0.03))]));
    smooth ? field.addCurve(moved) : field.addLines(moved);
  }
  paintGlyph(field, radius, draws, new RandomSequence(seed, GLYPH_STREAM, split), first + 512, pixels);
}
