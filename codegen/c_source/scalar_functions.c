static float minnow_from_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, 4);
  return x;
}

static uint32_t minnow_bits(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  return bits;
}

static float minnow_abs(float x) { return minnow_from_bits(minnow_bits(x) & 0x7fffffff); }

/* NaN and zeros stay as they are. */
static float minnow_sign(float x) { return x > 0 ? 1.0f : x < 0 ? -1.0f : x; }

/* NaN counts as larger than numbers. */
static int minnow_is_larger(float a, float b) { return a > b || (a != a && b == b); }

/* NaN if either is; of two zeros +0. */
static float minnow_max(float a, float b) {
  if (a == b) return minnow_bits(a) >> 31 ? b : a;
  return minnow_is_larger(a, b) ? a : b;
}

/* NaN if either is; of two zeros -0. */
static float minnow_min(float a, float b) {
  if (a == b) return minnow_bits(a) >> 31 ? a : b;
  return a < b || a != a ? a : b;
}

static double minnow_max_double(double a, double b) {
  if (a == b) return a == 0 ? a + b : a;
  return a > b || a != a ? a : b;
}

static double minnow_min_double(double a, double b) {
  if (a == b) return a == 0 ? -(-a - b) : a;
  return a < b || a != a ? a : b;
}

/* An index that is below size, and not negative. */
static int32_t minnow_clamp(int32_t index, int32_t size) { return index < 0 ? 0 : index < size ? index : size - 1; }

/* Towards zero; the nearest there is of what is too large, and 0 of NaN. */
static int32_t minnow_to_i32(float x) {
  if (x != x) return 0;
  if (x >= 2147483648.0f) return 2147483647;
  return x <= -2147483648.0f ? -2147483647 - 1 : (int32_t)x;
}

static uint8_t minnow_to_u8(float x) {
  if (!(x > 0)) return 0;
  return x >= 255 ? 255 : (uint8_t)x;
}

/* The nearest whole number, of two the even one. Larger numbers have no fraction. */
static float minnow_round(float x) {
  const float size = minnow_abs(x);
  volatile float shifted = size + 8388608.0f;
  if (!(size < 8388608.0f)) return x;
  return minnow_from_bits(minnow_bits(shifted - 8388608.0f) | (minnow_bits(x) & 0x80000000));
}

static float minnow_floor(float x) {
  const float nearest = minnow_round(x);
  return nearest > x ? nearest - 1 : nearest;
}

/* 2^n, n in [-126, 127]. */
static float minnow_two_to(int32_t n) { return minnow_from_bits((uint32_t)(n + 127) << 23); }

/* (exp(r) - 1 - r) / r^2 for |r| <= ln 2 / 2 (S. Moshier, Cephes). */
static float minnow_exp_rest(float r) {
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  return p * r + 0.5f;
}

/* 2^n exp(r), n = round(x / ln 2), 2^n in two factors so that denormals round once. */
static float minnow_exp(float x) {
  float n, r;
  int32_t power;
  if (x != x) return x;
  if (x > 90) x = 90;
  if (x < -105) x = -105;
  n = minnow_round(x * 1.44269504f);
  r = x - n * 0.693145752f;
  r = r - n * 1.42860677e-6f;
  power = (int32_t)n;
  r = r * r * minnow_exp_rest(r) + r + 1;
  return r * minnow_two_to(power >> 1) * minnow_two_to(power - (power >> 1));
}

/* 2^n (exp(r) - 1) + (2^n - 1), for half of it, so that nothing is infinite too soon. */
static float minnow_expm1(float x) {
  float n, r, e, half;
  if (x != x || minnow_abs(x) < 2.98023224e-8f) return x;
  if (x > 88.8f) x = 88.8f;
  if (x < -80) x = -80;
  n = minnow_round(x * 1.44269504f);
  r = x - n * 0.693145752f;
  r = r - n * 1.42860677e-6f;
  e = r * r * minnow_exp_rest(r) + r;
  half = minnow_two_to((int32_t)n - 1);
  e = half * e + (half - 0.5f);
  return e + e;
}

/* log(2^e m) = e ln 2 + log(1 + f), m in [sqrt(1/2), sqrt(2)), f = m - 1 (S. Moshier, Cephes). */
static float minnow_log(float x) {
  float f, z, p, y, e;
  int32_t exponent = 0;
  uint32_t shifted;
  if (x != x || x == minnow_from_bits(0x7f800000)) return x;
  if (x < 0) return minnow_from_bits(0x7fc00000);
  if (x == 0) return -minnow_from_bits(0x7f800000);
  if (x < 1.17549435e-38f) {
    x *= 8388608.0f;
    exponent = -23;
  }
  shifted = minnow_bits(x) - 0x3f3504f3;
  exponent += (int32_t)(shifted >> 23) - (shifted >> 31 ? 512 : 0);
  f = minnow_from_bits((shifted & 0x7fffff) + 0x3f3504f3) - 1;
  e = (float)exponent;
  z = f * f;
  p = 7.0376836292e-2f;
  p = p * f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  y = p * z * f + e * -2.12194440e-4f;
  y = y - 0.5f * z;
  return e * 0.693359375f + (f + y);
}

/* log(u) corrected for the rounding of u = 1 + x. */
static float minnow_log1p(float x) {
  volatile float u = x + 1;
  volatile float above = u - 1;
  float low;
  if (!(u > 0) || u == minnow_from_bits(0x7f800000)) return minnow_log(u);
  if (u == 1) return x;
  low = x > 1 ? 1 - (u - x) : x - above;
  return minnow_log(u) + low / u;
}

static float minnow_tanh(float x) {
  const float size = minnow_abs(x);
  float e;
  if (x != x) return x;
  if (size > 9.1f) return x > 0 ? 1.0f : -1.0f;
  e = minnow_expm1(-2 * size);
  e = -e / (e + 2);
  return x < 0 ? -e : size < 1e-20f ? x : e;
}

static float minnow_sigmoid(float x) {
  float e;
  if (x >= 0) return 1 / (1 + minnow_exp(-x));
  e = minnow_exp(x);
  return e / (1 + e);
}

/* (erf(x) - x) / x as a function of x^2, |x| < 0.93 (N. Juffa). */
static float minnow_erf_rest(float square) {
  float p = -5.96761703e-4f;
  p = p * square + 4.99119423e-3f;
  p = p * square - 2.67681349e-2f;
  p = p * square + 1.12819925e-1f;
  p = p * square - 3.76125336e-1f;
  return p * square + 1.28379166e-1f;
}

/* exp(-x^2) f(q) / (1 + 2 x), q = (x - 3) / (x + 3); the square in two parts, for it decides how small this is. */
static float minnow_erfc(float x) {
  const float a = minnow_abs(x) < 11 ? minnow_abs(x) : 11;
  const float square = a * a;
  float high, low, lost, q, f, tail;
  if (x != x) return x;
  if (a < 0.6f) return 1 - (minnow_erf_rest(square) * x + x);
  high = minnow_from_bits(minnow_bits(a) & 0xfffff000);
  low = a - high;
  lost = ((high * high - square) + 2 * high * low) + low * low;
  q = (a - 3) / (a + 3);
  f = -2.7732692222e-4f;
  f = f * q - 7.9833914154e-4f;
  f = f * q + 1.9944745914e-3f;
  f = f * q + 2.5794346849e-3f;
  f = f * q - 2.3790234183e-2f;
  f = f * q + 6.8293509762e-2f;
  f = f * q - 1.1927265270e-1f;
  f = f * q + 1.2964657564e-1f;
  f = f * q - 4.7562280535e-2f;
  f = f * q - 1.3562114337e-1f;
  f = f * q + 1.2530080578f;
  tail = minnow_exp(-square);
  tail = tail - lost * tail;
  tail = f * tail / (2 * a + 1);
  return x < 0 ? 2 - tail : tail;
}

static float minnow_erf(float x) {
  if (minnow_abs(x) < 0.9f) return minnow_erf_rest(x * x) * x + x;
  return x < 0 ? minnow_erfc(-x) - 1 : 1 - minnow_erfc(x);
}

/* Newton's iteration on the reciprocal root, from the exponent halved. */
static float minnow_sqrt(float x) {
  float y, root, scale = 1;
  int i;
  if (x < 0) return minnow_from_bits(0x7fc00000);
  if (x != x || x == 0 || x == minnow_from_bits(0x7f800000)) return x;
  if (x < 1.17549435e-38f) {
    x *= 16777216.0f;
    scale = 2.44140625e-4f;
  }
  y = minnow_from_bits(0x5f375a86 - (minnow_bits(x) >> 1));
  for (i = 0; i < 4; ++i) y = y * (1.5f - (0.5f * x * y) * y);
  root = x * y;
  root = root + 0.5f * y * (x - root * root);
  return root * scale;
}

static double minnow_sqrt_double(double x) {
  double y, root, scale = 1;
  uint64_t bits;
  int i;
  if (!(x > 0) || x > 1.7976931348623157e308) return x < 0 ? (x - x) / (x - x) : x;
  if (x < 2.2250738585072014e-308) {
    x *= 18014398509481984.0;
    scale = 7.4505805969238281e-9;
  }
  memcpy(&bits, &x, 8);
  bits = 0x5fe6eb50c7b537a9 - (bits >> 1);
  memcpy(&y, &bits, 8);
  for (i = 0; i < 5; ++i) y = y * (1.5 - (0.5 * x * y) * y);
  root = x * y;
  root = root + 0.5 * y * (x - root * root);
  return root * scale;
}

/* sin(x + quarters * pi / 2); the rest of x / (pi / 2) in double, good for |x| up to some 10^9 (S. Moshier, Cephes). */
static float minnow_sine(float x, uint32_t quarters) {
  double turns, rest;
  float r, z, y;
  if (!(minnow_abs(x) < 2147483648.0f)) return x - x;
  turns = (double)x * 0.63661977236758134;
  turns = (double)(int64_t)(turns + (turns < 0 ? -0.5 : 0.5));
  rest = (double)x - turns * 1.5707963267341256;
  rest = rest - turns * 6.0771005065061922e-11;
  r = (float)rest;
  quarters += (uint32_t)(int64_t)turns;
  z = r * r;
  if (quarters & 1)
    y = ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) * z * z - 0.5f * z + 1;
  else y = ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * r + r;
  return quarters & 2 ? -y : y;
}

static float minnow_sin(float x) { return x == 0 ? x : minnow_sine(x, 0); }

static float minnow_cos(float x) { return minnow_sine(x, 1); }

/* By tan(pi / 8) and tan(3 pi / 8) (S. Moshier, Cephes). */
static float minnow_atan(float x) {
  float a = minnow_abs(x), base = 0, z;
  if (x != x || x == 0) return x;
  if (a > 2.414213562f) {
    base = 1.570796327f;
    a = -1 / a;
  } else if (a > 0.4142135624f) {
    base = 0.7853981634f;
    a = (a - 1) / (a + 1);
  }
  z = a * a;
  a = (((8.05374449538e-2f * z - 1.38776856032e-1f) * z + 1.99777106478e-1f) * z - 3.33329491539e-1f) * z * a + a +
      base;
  return x < 0 ? -a : a;
}

/* log x in double, x > 0 and finite: 2 artanh((m - 1) / (m + 1)) + e ln 2. */
static double minnow_log_double(float x) {
  int32_t exponent = 0, i;
  uint32_t shifted;
  double m, z, sum = 0;
  if (x < 1.17549435e-38f) {
    x *= 8388608.0f;
    exponent = -23;
  }
  shifted = minnow_bits(x) - 0x3f3504f3;
  exponent += (int32_t)(shifted >> 23) - (shifted >> 31 ? 512 : 0);
  m = (double)minnow_from_bits((shifted & 0x7fffff) + 0x3f3504f3);
  m = (m - 1) / (m + 1);
  z = m * m;
  for (i = 17; i > 0; i -= 2) sum = sum * z + 1.0 / i;
  return 2 * m * sum + exponent * 0.69314718055994531;
}

static float minnow_exp_double(double x) {
  double n, r, sum = 1;
  float y;
  int32_t i, power;
  if (x > 90) x = 90;
  if (x < -110) x = -110;
  n = (double)(int32_t)(x * 1.4426950408889634 + (x < 0 ? -0.5 : 0.5));
  r = x - n * 0.69314718055994531;
  for (i = 11; i > 0; --i) sum = sum * r / i + 1;
  power = (int32_t)n;
  y = (float)sum;
  if (power < -126) return y * minnow_two_to(-126) * minnow_two_to(power + 126);
  return power > 127 ? y * minnow_two_to(127) * minnow_two_to(power - 127) : y * minnow_two_to(power);
}

/* As C's pow: of a negative number for whole y only. */
static float minnow_pow(float x, float y) {
  const float infinity = minnow_from_bits(0x7f800000);
  const float size = minnow_abs(x);
  int is_odd = 0;
  float result;
  if (y == 0 || x == 1) return 1;
  if (x != x || y != y) return x + y;
  if (minnow_abs(y) < 16777216.0f && minnow_floor(y) == y) is_odd = (int32_t)y & 1;
  if (minnow_abs(y) == infinity) return size == 1 ? 1 : (size > 1) == (y > 0) ? infinity : 0;
  if (x < 0 && size != infinity && minnow_floor(y) != y) return minnow_from_bits(0x7fc00000);
  if (size == 0) result = y > 0 ? 0 : infinity;
  else if (size == infinity) result = y > 0 ? infinity : 0;
  else result = minnow_exp_double((double)y * minnow_log_double(size));
  return is_odd && minnow_bits(x) >> 31 ? -result : result;
}

/* Number `index` of the sequence, in [0, 1): Philox4x32-10 (Salmon et al., 2011). */
static float minnow_uniform(uint32_t seed, uint32_t stream, uint32_t step, uint32_t index) {
  uint32_t word[4] = {0, 0, 0, 0}, key[2] = {0, 0};
  int round;
  word[0] = index / 4;
  word[2] = step;
  key[0] = seed;
  key[1] = stream;
  for (round = 0; round < 10; ++round) {
    const uint64_t first = (uint64_t)0xD2511F53 * word[0], second = (uint64_t)0xCD9E8D57 * word[2];
    word[0] = (uint32_t)(second >> 32) ^ word[1] ^ key[0];
    word[1] = (uint32_t)second;
    word[2] = (uint32_t)(first >> 32) ^ word[3] ^ key[1];
    word[3] = (uint32_t)first;
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return (float)(word[index % 4] >> 8) * 5.9604644775390625e-8f;
}
