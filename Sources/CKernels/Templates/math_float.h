// The f32 activations in float arithmetic, for instruction sets with a fused multiply-add; plain
// kernels round the double versions of math.h instead, and are what these are measured against.
//
// Relative accuracy in the tails takes three things. The argument of an exponential is a sum of two
// floats, for its absolute error is the result's relative one. 2^n is applied last, so that only
// the final product is rounded as a number below the smallest normal. And polynomials are minimax
// fits with coefficients rounded one after the other, the rest fitted again.

#if DLC_FUSED

// e^(hi + lo) = result * scale[0] * scale[1], |lo| a few ulp of hi, -115 < hi < 89.
static inline __attribute__((always_inline)) float exp_parts(float hi, float lo, float scale[2]) {
  const float t = hi * 0x1.715476p+0f + 0x1.8p+23f;
  const float n = t - 0x1.8p+23f;
  const float high = hi - n * 0x1.62e4p-1f, near = high - n * 0x1.7f7d1cp-20f;
  const float r = near + lo;
  const float lost = ((high - near) - n * 0x1.7f7d1cp-20f) + ((near - r) + lo);
  float q = 0x1.9f077ep-13f;
  q = q * r + 0x1.6d8e6ep-10f;
  q = q * r + 0x1.111274p-7f;
  q = q * r + 0x1.55548cp-5f;
  q = q * r + 0x1.555554p-3f;
  q = q * r + 0.5f;
  const int32_t k = (int32_t)f32_bits(t) - 0x4b400000, half = k >> 1;
  scale[0] = bits_f32((uint32_t)(half + 127) << 23);
  scale[1] = bits_f32((uint32_t)(k - half + 127) << 23);
  return 1.0f + (r + (r * r * q + lost));
}

// x sigmoid(v) for v of x's sign, |v| = hi + lo, and a the |x| to use left of 0: with t = e^-|v|,
// x / (1 + t) or -a t / (1 + t). What 1 + t loses by rounding is given back.
static inline __attribute__((always_inline)) float times_sigmoid(
  float x, float a, float hi, float lo
) {
  float scale[2];
  const float e = exp_parts(-hi, -lo, scale);
  const float t = e * scale[0] * scale[1], sum = 1.0f + t, lost = (1.0f - sum) + t;
  const float y = (x < 0.0f ? -a * e : x) / sum;
  const float z = y - y * lost;
  const float limit = x > 0.0f ? x : NAN;
  return fabsf(x) == INFINITY ? limit : x < 0.0f ? z * scale[0] * scale[1] : z;
}

static inline float silu_float(float x) {
  const float b = fabsf(x), a = b > 110.0f ? 110.0f : b;
  return times_sigmoid(x, a, a, 0.0f);
}

// |c x + d x^3| in two floats, c = 2 sqrt(2 / pi), d = 0.044715 c, both in two floats; returns the
// |x| it takes, at most 11.
static inline __attribute__((always_inline)) float gelu_tanh_argument(float x, float v[2]) {
  const float b = fabsf(x), a = b > 11.0f ? 11.0f : b;
  const float s = a * a, s_low = __builtin_fmaf(a, a, -s);
  const float d = 0x1.2444f2p-4f, c = 0x1.988454p+0f;
  const float m = d * s;
  const float m_low = __builtin_fmaf(d, s, -m) + (d * s_low + 0x1.49b16ap-29f * s);
  const float w = c + m, from_m = w - c;
  const float w_low = (c - (w - from_m)) + (m - from_m) + (m_low + -0x1.857936p-25f);
  v[0] = w * a;
  v[1] = __builtin_fmaf(w, a, -v[0]) + w_low * a;
  return a;
}

// x sigmoid(c x + d x^3).
static inline float gelu_tanh_float(float x) {
  float v[2];
  const float a = gelu_tanh_argument(x, v);
  return times_sigmoid(x, a, v[0], v[1]);
}

// max(x, 0) - |x| Phi(-|x|), and Phi(-a) = e^(-a^2 / 2) u p(u), u = 1 / (1 + 0.39 a): error 2^-26.9
// to a = 14.6. A relative error d of u changes u p(u) by about 1.5 d, which is given back.
static inline float gelu_float(float x) {
  const float b = fabsf(x), a = b > 14.6f ? 14.6f : b, width = 0x1.8f5c28p-2f;
  const float below = __builtin_fmaf(width, a, 1.0f), u = 1.0f / below;
  const float below_low = __builtin_fmaf(width, a, 1.0f - below);
  const float d = __builtin_fmaf(-u, below, 1.0f) - u * below_low;
  float p = 0x1.e1c63cp-6f;
  p = p * u + -0x1.5b4bd2p-3f;
  p = p * u + 0x1.90301ep-2f;
  p = p * u + -0x1.b0d682p-2f;
  p = p * u + 0x1.69594ep-3f;
  p = p * u + -0x1.759cc4p-5f;
  p = p * u + 0x1.9a07fcp-4f;
  p = p * u + 0x1.09cc24p-3f;
  p = p * u + 0x1.3efbd6p-3f;
  p = p * u + 0x1.3ea1bep-3f;
  const float w = p * u, w_low = __builtin_fmaf(p, u, -w) + 1.5f * (w * d);
  const float s = a * a, s_low = __builtin_fmaf(a, a, -s);
  float scale[2];
  const float e = exp_parts(-0.5f * s, -0.5f * s_low, scale), g = a * e;
  const float left = (g * w + g * w_low) * scale[0] * scale[1];
  const float y = (x > 0.0f ? x : 0.0f) - left;
  return x == -INFINITY ? NAN : y;
}

// Below 0.95 x + x q(x^2), error 2^-29.9; above 1 - e^p(|x|), p = log(erfc), good to 2^-34.
static inline float erf_float(float x) {
  const float b = fabsf(x), a = b > 4.0f ? 4.0f : b, z = x * x;
  float q = 0x1.4f0d12p-14f;
  q = q * z + -0x1.a5ec96p-11f;
  q = q * z + 0x1.5446d8p-8f;
  q = q * z + -0x1.b800d2p-6f;
  q = q * z + 0x1.ce2d62p-4f;
  q = q * z + -0x1.812740p-2f;
  q = q * z + 0x1.06eba8p-3f;
  float p = -0x1.5ec864p-16f;
  p = p * a + 0x1.c54954p-12f;
  p = p * a + -0x1.10a8eep-8f;
  p = p * a + 0x1.9b18c4p-6f;
  p = p * a + -0x1.bb5628p-4f;
  p = p * a + -0x1.444b44p-1f;
  p = p * a + -0x1.212698p+0f;
  p = p * a + 0x1.65ad50p-13f;
  float scale[2];
  const float e = exp_parts(p, 0.0f, scale);
  const float far = copysignf(1.0f - e * scale[0] * scale[1], x);
  return b < 0.95f ? x + x * q : far;
}

// max(x, 0) + log(1 + t), t = e^-|x|: t p(t), error 2^-30.1.
static inline float softplus_float(float x) {
  const float t = exp_float(-fabsf(x));
  float p = 0x1.114634p-9f;
  p = p * t + -0x1.c0b4e0p-7f;
  p = p * t + 0x1.590890p-5f;
  p = p * t + -0x1.54f65cp-4f;
  p = p * t + 0x1.ff2be2p-4f;
  p = p * t + -0x1.4a733cp-3f;
  p = p * t + 0x1.978b6ep-3f;
  p = p * t + -0x1.ffc5a0p-3f;
  p = p * t + 0x1.5553b6p-2f;
  p = p * t + -0x1.fffff8p-2f;
  p = p * t + 1.0f;
  return (x > 0.0f ? x : 0.0f) + t * p;
}

// x = n pi / 2 + r, pi / 2 in three floats: with a fused multiply-add the first subtraction is
// exact and the others round r alone. sin r = r + r^3 p(r^2), cos r = 1 - r^2 / 2 + r^4 q(r^2),
// errors 2^-27.7 and 2^-32.7. `turn` is 0 for sin and 1 for cos; good to |x| <= 1e5.
static inline float sin_cos_float(float x, int32_t turn) {
  const float t = x * 0x1.45f306p-1f + 0x1.8p+23f;
  const float n = t - 0x1.8p+23f;
  float r = __builtin_fmaf(n, -0x1.921fb6p+0f, x);
  r = __builtin_fmaf(n, 0x1.777a5cp-25f, r);
  r = __builtin_fmaf(n, 0x1.ee59dap-50f, r);
  const float z = r * r;
  float p = -0x1.9906ccp-13f;
  p = p * z + 0x1.11069ep-7f;
  p = p * z + -0x1.555544p-3f;
  float q = 0x1.99886ep-16f;
  q = q * z + -0x1.6c0ae2p-10f;
  q = q * z + 0x1.555548p-5f;
  const int32_t k = (int32_t)f32_bits(t) + turn;
  const float sine = r + r * (z * p), cosine = 1.0f - (0.5f * z - z * z * q);
  const float y = k & 1 ? cosine : sine;
  return k & 2 ? -y : y;
}

#else

#define silu_float(x) ((x) * sigmoid_short(x))
#define gelu_tanh_float gelu_tanh_short
#define gelu_float gelu_short
#define erf_float erf_short
#define softplus_float softplus_short
#define sin_cos_float sin_cos_short

#endif
