// Scalar mathematics of the f32 kernels, branch-free so that loops over it vectorize, and the parts
// of it that f64 kernels share.
//
// Every polynomial is a minimax fit (Remez exchange in 50 digits) of the function named beside it;
// the error given is the largest relative one before rounding. exp, log, tanh and sigmoid compute
// in float; the rest computes in double, where cancellation costs nothing that a float would show.
// Range reduction after Cody and Waite, "Software Manual for the Elementary Functions" (1980).

union word_f32 {
  float number;
  uint32_t bits;
};
union word_f64 {
  double number;
  uint64_t bits;
};
static inline float bits_f32(uint32_t u) { return (union word_f32){.bits = u}.number; }
static inline uint32_t f32_bits(float x) { return (union word_f32){.number = x}.bits; }
static inline double bits_f64(uint64_t u) { return (union word_f64){.bits = u}.number; }
static inline uint64_t f64_bits(double x) { return (union word_f64){.number = x}.bits; }

// exp: x = n ln 2 + r, |r| <= ln 2 / 2, e^r = 1 + r + r^2 q(r), error 2^-34.
// n comes out of the low bits of x / ln 2 + 1.5 * 2^23, without a conversion that NaN would upset.
// 2^n is applied in two factors: one alone overflows or underflows too early.
static inline float exp_float(float x) {
  x = x < -104.0f ? -104.0f : x;
  x = x > 89.0f ? 89.0f : x;
  const float t = x * 0x1.715476p+0f + 0x1.8p+23f;
  const float n = t - 0x1.8p+23f;
  const float high = x - n * 0x1.62e4p-1f, r = high - n * 0x1.7f7d1cp-20f;
  const float lost = (high - r) - n * 0x1.7f7d1cp-20f;
  float q = 0x1.9f077ep-13f;
  q = q * r + 0x1.6d8e6ep-10f;
  q = q * r + 0x1.111274p-7f;
  q = q * r + 0x1.55548cp-5f;
  q = q * r + 0x1.555554p-3f;
  q = q * r + 0.5f;
  const float e = 1.0f + (r + (r * r * q + lost));
  const int32_t k = (int32_t)f32_bits(t) - 0x4b400000, half = k >> 1;
  const float first = bits_f32((uint32_t)(half + 127) << 23);
  const float second = bits_f32((uint32_t)(k - half + 127) << 23);
  return e * first * second;
}

// The same in double to float's needs (error 2^-34), and to double's (2^-64).
static inline double scale_f64(double e, double t) {
  const int64_t k = (int64_t)f64_bits(t) - 0x4338000000000000, half = k >> 1;
  const double first = bits_f64((uint64_t)(half + 1023) << 52);
  return e * first * bits_f64((uint64_t)(k - half + 1023) << 52);
}

static inline double exp_short(double x) {
  x = x < -746.0 ? -746.0 : x;
  x = x > 710.0 ? 710.0 : x;
  const double t = x * 0x1.71547652b82fep+0 + 0x1.8p+52;
  const double n = t - 0x1.8p+52;
  const double r = x - n * 0x1.62e42fef8p-1 - n * 0x1.1cf79abc9e3b4p-36;
  double q = 0x1.9f077d1bc2e1fp-13;
  q = q * r + 0x1.6d8e6de276ce5p-10;
  q = q * r + 0x1.111273693c743p-7;
  q = q * r + 0x1.55548c4721ed8p-5;
  q = q * r + 0x1.5555544015b2bp-3;
  q = q * r + 0x1.0000003ac8c8fp-1;
  return scale_f64(1.0 + (r + r * r * q), t);
}

static inline double exp_full(double x) {
  x = x < -746.0 ? -746.0 : x;
  x = x > 710.0 ? 710.0 : x;
  const double t = x * 0x1.71547652b82fep+0 + 0x1.8p+52;
  const double n = t - 0x1.8p+52;
  const double r = x - n * 0x1.62e42fef8p-1 - n * 0x1.1cf79abc9e3b4p-36;
  double q = 0x1.1e3c83a62effbp-29;
  q = q * r + 0x1.af6ce7fcddc6bp-26;
  q = q * r + 0x1.27e5b5ad19bf1p-22;
  q = q * r + 0x1.71ddef906e3abp-19;
  q = q * r + 0x1.a01a01355affep-16;
  q = q * r + 0x1.a01a01b3b6e22p-13;
  q = q * r + 0x1.6c16c16c30ac8p-10;
  q = q * r + 0x1.111111110ebcep-7;
  q = q * r + 0x1.5555555555501p-5;
  q = q * r + 0x1.555555555555bp-3;
  q = q * r + 0.5;
  return scale_f64(1.0 + (r + r * r * q), t);
}

// log: x = 2^e m, m in [sqrt(1/2), sqrt(2)), f = m - 1, log(1 + f) = f - f^2 / 2 + f^3 q(f),
// error 2^-30.
static inline float log_float(float x) {
  const int tiny = x < 0x1p-126f;
  const uint32_t u = f32_bits(tiny ? x * 0x1p+23f : x);
  const int32_t e = (int32_t)(u - 0x3f3504f3) >> 23;
  const float f = bits_f32(u - ((uint32_t)e << 23)) - 1.0f;
  const float k = (float)(tiny ? e - 23 : e);
  float q = 0x1.1457b8p-4f;
  q = q * f + -0x1.de3c1cp-4f;
  q = q * f + 0x1.e6f066p-4f;
  q = q * f + -0x1.fc2206p-4f;
  q = q * f + 0x1.233768p-3f;
  q = q * f + -0x1.555c4ep-3f;
  q = q * f + 0x1.99a4b6p-3f;
  q = q * f + -0x1.000006p-2f;
  q = q * f + 0x1.555548p-2f;
  const float s = f * f;
  const float low = k * 0x1.7f7d1cp-20f + (f * s * q - 0.5f * s);
  float y = k * 0x1.62e4p-1f + (f + low);
  y = x == INFINITY ? x : y;
  y = x == 0.0f ? -INFINITY : y;
  return x >= 0.0f ? y : NAN;
}

// In double: s = f / (2 + f), log m = 2 s + s^3 q(s^2), error 2^-43. No denormal doubles come here.
static inline double log_short(double x) {
  const uint64_t u = f64_bits(x);
  const int64_t e = (int64_t)(u - 0x3fe6a09e667f3bcd) >> 52;
  const double f = bits_f64(u - ((uint64_t)e << 52)) - 1.0;
  const double k = (double)(int32_t)e;
  const double s = f / (2.0 + f), z = s * s;
  double q = 0x1.911c9398a9b63p-3;
  q = q * z + 0x1.c62aa0595d998p-3;
  q = q * z + 0x1.249413365f181p-2;
  q = q * z + 0x1.999996a67b5e6p-2;
  q = q * z + 0x1.555555561f332p-1;
  double y = k * 0x1.62e42fefa39efp-1 + (2.0 * s + s * z * q);
  y = x == (double)INFINITY ? x : y;
  y = x == 0.0 ? -(double)INFINITY : y;
  return x >= 0.0 ? y : (double)NAN;
}

// Near 0 the first terms of the series, elsewhere the definition: 1 + x is exact enough in double.
static inline double log1p_short(double x) {
  const double near = x - x * x * (0.5 - x * (0x1.5555555555555p-2 - 0.25 * x));
  const double far = log_short(1.0 + x);
  return x > -0x1p-10 && x < 0x1p-10 ? near : far;
}

static inline double expm1_short(double x) {
  const double near = x + x * x * (0.5 + x * (0x1.5555555555555p-3 + x * 0x1.5555555555555p-5));
  const double far = exp_short(x) - 1.0;
  return x > -0x1p-10 && x < 0x1p-10 ? near : far;
}

// tanh: below 0.625 x + x^3 q(x^2), error 2^-28; above 1 - 2 / (e^2x + 1).
static inline float tanh_float(float x) {
  const float a = fabsf(x), z = x * x;
  float q = -0x1.76ac12p-8f;
  q = q * z + 0x1.5256d6p-6f;
  q = q * z + -0x1.b84448p-5f;
  q = q * z + 0x1.110768p-3f;
  q = q * z + -0x1.555534p-2f;
  const float near = x + x * (z * q);
  const float far = copysignf(1.0f - 2.0f / (exp_float(2.0f * a) + 1.0f), x);
  return a < 0.625f ? near : x != x ? x : far;
}

// sigmoid: with t = e^-|x| neither side overflows and the left one keeps its relative accuracy.
// In float, what 1 + t loses by rounding is given back.
static inline float sigmoid_float(float x) {
  const float t = exp_float(-fabsf(x));
  const float sum = 1.0f + t, lost = (1.0f - sum) + t;
  const float y = (x < 0.0f ? t : 1.0f) / sum;
  return x != x ? x : y - y * lost;
}

static inline double sigmoid_short(double x) {
  const double t = exp_short(-fabs(x));
  const double y = (x < 0.0 ? t : 1.0) / (1.0 + t);
  return x != x ? x : y;
}

static inline double sigmoid_full(double x) {
  const double t = exp_full(-fabs(x));
  const double y = (x < 0.0 ? t : 1.0) / (1.0 + t);
  return x != x ? x : y;
}

// atan: t = |x|, (|x| - 1) / (|x| + 1) or -1 / |x|, whichever is within tan(pi / 8), and
// atan |x| = 0, pi / 4 or pi / 2 plus atan t; atan t = t + t^3 q(t^2), error 2^-30.
static inline float atan_float(float x) {
  const float a = fabsf(x);
  const int above = a > 0x1.a8279ap-2f, far = a > 0x1.3504f4p+1f;
  const float upper = far ? -1.0f : above ? a - 1.0f : a;
  const float t = upper / (far ? a : above ? a + 1.0f : 1.0f), z = t * t;
  float q = -0x1.f1e8b4p-5f;
  q = q * z + 0x1.b1eb48p-4f;
  q = q * z + -0x1.23b514p-3f;
  q = q * z + 0x1.999196p-3f;
  q = q * z + -0x1.55554ap-2f;
  const float high = far ? 0x1.921fb6p+0f : above ? 0x1.921fb6p-1f : 0.0f;
  const float low = far ? -0x1.777a5cp-25f : above ? -0x1.777a5cp-26f : 0.0f;
  return copysignf(high + (t + (t * z * q + low)), x);
}

// Rounding to a format with fewer digits, to nearest and halves to even. Between powers of two its
// numbers are `step` apart, and adding 1.5 * 2^(digits of T - 1) steps leaves none of what is
// below one. `last` is what is added to 2^e to make a step, `least` the smallest step, of numbers
// below the smallest normal one; from `limit` on numbers round to infinity.
#define ROUND_TO(name, S, T, U, exponent, shift, last, least, limit) \
  static inline T name##_##S(T x) { \
    const T a = DLC_ABS_##S(x); \
    const T power = bits_##S(S##_bits(a < (limit) ? a : 1) & (U)(exponent)); \
    const T own = power * (T)(last), step = own < (T)(least) ? (T)(least) : own; \
    const T big = step * (T)(shift), y = (a + big) - big; \
    const T z = a < (limit) ? y : a == a ? (T)INFINITY : a; \
    return DLC_COPYSIGN_##S(z, x); \
  }

ROUND_TO(float16, f32, float, uint32_t, 0x7f800000, 0x1.8p+23f, 0x1p-10f, 0x1p-24f, 65520.0f)
ROUND_TO(
  float16, f64, double, uint64_t, 0x7ff0000000000000, 0x1.8p+52, 0x1p-10, 0x1p-24, 65520.0)
ROUND_TO(
  bfloat16, f64, double, uint64_t, 0x7ff0000000000000, 0x1.8p+52, 0x1p-7, 0x1p-133, 0x1.ffp+127)

// The upper half of a float's bits: no arithmetic on numbers below the smallest normal one.
static inline float bfloat16_f32(float x) {
  const uint32_t u = f32_bits(x);
  const uint32_t rounded = (u + 0x7fff + (u >> 16 & 1)) & 0xffff0000;
  return x == x ? bits_f32(rounded) : x;
}

// erfc on z >= 0: e^(-z^2) / (1 + 2 z) times a polynomial in (z - 4) / (z + 4), after Shepherd and
// Laframboise, "Chebyshev approximation of (1 + 2x) exp(x^2) erfc x" (1981);
// error 2^-32 to z = 10.6.
static inline double erfc_short(double z) {
  z = z > 30.0 ? 30.0 : z;
  const double t = (z - 4.0) / (z + 4.0);
  double q = 0x1.5584ad93e7383p-14;
  q = q * t + -0x1.818282cc48a5cp-12;
  q = q * t + -0x1.b7615ebefb6fep-11;
  q = q * t + 0x1.4d8afd50d9daep-8;
  q = q * t + -0x1.087f8c4e06ff5p-6;
  q = q * t + 0x1.3075389ff10f7p-5;
  q = q * t + -0x1.0fbbe5df831cfp-4;
  q = q * t + 0x1.7fecf965eb815p-4;
  q = q * t + -0x1.9dda2ea7a3ae1p-4;
  q = q * t + 0x1.16ed09b1bf054p-4;
  q = q * t + 0x1.f7f5a2a855a81p-7;
  q = q * t + -0x1.1df1ad5390189p-3;
  q = q * t + 0x1.3ba5916f4657fp+0;
  return exp_short(-z * z) * q / (1.0 + 2.0 * z);
}

// erf: below 1 x q(x^2), error 2^-34.
static inline double erf_short(double x) {
  const double a = fabs(x), z = x * x;
  double q = -0x1.44cfc5d1a05cdp-17;
  q = q * z + 0x1.d8b8908cb91aep-14;
  q = q * z + -0x1.bcd7df2e62c94p-11;
  q = q * z + 0x1.562b19e748e37p-8;
  q = q * z + -0x1.b829d8cda16c5p-6;
  q = q * z + 0x1.ce2f09abf2c6fp-4;
  q = q * z + -0x1.812746682b7f6p-2;
  q = q * z + 0x1.20dd750406241p+0;
  const double far = copysign(1.0 - erfc_short(a), x);
  return a < 1.0 ? x * q : far;
}

// x Phi(x): the tail of the left side from erfc, so that it keeps its relative accuracy.
static inline double gelu_short(double x) {
  const double z = x * 0x1.6a09e667f3bcdp-1;
  const double tail = erfc_short(fabs(z));
  return x * (0.5 * (x < 0.0 ? tail : 2.0 - tail));
}

// x (1 + tanh u) / 2 = x / (1 + e^-2u), u = sqrt(2 / pi) (x + 0.044715 x^3).
static inline double gelu_tanh_short(double x) {
  return x * sigmoid_short(0x1.9884533d43651p+0 * (x + 0.044715 * x * x * x));
}

static inline double softplus_short(double x) {
  return (x > 0.0 ? x : 0.0) + log1p_short(exp_short(-fabs(x))) + (x != x ? x : 0.0);
}

// sin and cos: x = n pi / 2 + r, pi / 2 in pieces of 33, 53 and 53 bits so that n hi is exact to
// |n| < 2^20; sin r = r + r^3 p(r^2), cos r = 1 - r^2 / 2 + r^4 q(r^2), errors 2^-37 and 2^-43.
// `turn` is 0 for sin and 1 for cos. Good to |x| <= 1e5, larger arguments go to libm.
static inline double sin_cos_short(double x, int64_t turn) {
  const double t = x * 0x1.45f306dc9c883p-1 + 0x1.8p+52;
  const double n = t - 0x1.8p+52;
  const double r = x - n * 0x1.921fb544p+0 - n * 0x1.0b4611a626331p-34;
  const double z = r * r;
  double p = 0x1.6cd5ebe7de29fp-19;
  p = p * z + -0x1.a00f93977aae6p-13;
  p = p * z + 0x1.11110889f4d3fp-7;
  p = p * z + -0x1.5555554ca92f8p-3;
  double q = -0x1.242909360ed25p-22;
  q = q * z + 0x1.a011178d0c69dp-16;
  q = q * z + -0x1.6c16b88bf2802p-10;
  q = q * z + 0x1.5555554f428e2p-5;
  const int64_t k = (int64_t)f64_bits(t) + turn;
  const double sine = r + r * (z * p), cosine = 1.0 - 0.5 * z + z * z * q;
  const double y = k & 1 ? cosine : sine;
  return k & 2 ? -y : y;
}

// x^y = e^(y log|x|) with C's rules for zeros, infinities and negative bases.
static inline float pow_float(float x, float y) {
  const float half = y * 0.5f;
  const int whole = DLC_FLOOR_f32(y) == y;
  const int odd = whole & (DLC_FLOOR_f32(half) != half);
  const double power = exp_short((double)y * log_short(fabs((double)x)));
  float z = (float)power;
  z = odd && f32_bits(x) >> 31 ? -z : z;
  z = x < 0.0f && x > -INFINITY && !whole ? NAN : z;
  z = fabsf(x) == 1.0f && fabsf(y) == INFINITY ? 1.0f : z;
  z = x != x || y != y ? NAN : z;
  return x == 1.0f || y == 0.0f ? 1.0f : z;
}
