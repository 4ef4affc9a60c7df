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

#if DLC_VECTOR_BYTES >= 32

// silu and gelu_tanh on vectors of AVX-512 and AVX2, x / (1 + t), where t = 2^-v comes out of a
// table and is scaled by a power of two. Where t might overflow, in the lanes `tail`, it is divided
// by 2^40 and so is the quotient: only this last step rounds below the smallest normal. On AVX-512
// exp comes from the table, too; AVX2's permutations and scaling take longer than what they save.
//
//   lanes_f32                      some of a vector's lanes
//   is_below(x, limit)             those of x < limit
//   unscaled(y, tail)              y, but 2^-40 y in `tail`
//   zero_in(y, lanes)              y, but 0 in `lanes`
//   smaller, larger(x, y)          y if either is NaN
//   fused_add, fused_sub(x, y, z)  x y + z, x y - z, rounded once
//   EXP2_ROUND                     added to n + r leaves n, a multiple of 1 / 16 or 1 / 8, in the
//                                  low bits
//   look_up(table, t)              the entry that n modulo 1 tells
//   exp2_slope(r)                  q, 2^r = 1 + r q, |r| < 0.034, error 2^-28.7, or |r| < 0.063,
//                                  error 2^-32
//   exp2_scaled(y, t, tail)        y 2^floor(n), less a factor in the table; 2^-40 of it in `tail`
//   silu_within(x), gelu_tanh_within(x)
//                                  x, or where t is 0 or infinite for all purposes another x with
//                                  such a t: x / (1 + t) is 0 or, at minus infinity, NaN, or x

#if DLC_VECTOR_BYTES == 64

// 2^(i / 16), and the base-2 logarithms of what these floats lack.
static const float root_of_two[2][16] = {
  {0x1p+0f, 0x1.0b5586p+0f, 0x1.172b84p+0f, 0x1.2387a6p+0f, 0x1.306fe0p+0f, 0x1.3dea64p+0f,
   0x1.4bfdaep+0f, 0x1.5ab07ep+0f, 0x1.6a09e6p+0f, 0x1.7a1148p+0f, 0x1.8ace54p+0f,
   0x1.9c4918p+0f, 0x1.ae89fap+0f, 0x1.c199bep+0f, 0x1.d5818ep+0f, 0x1.ea4afap+0f},
  {0.0f, 0x1.1eccca0p-24f, -0x1.293ab8p-26f, 0x1.2512a4p-24f, 0x1.8bbfd2p-25f, 0x1.c0bec4p-25f,
   -0x1.800eaep-25f, -0x1.728d0ep-27f, 0x1.a82ebcp-26f, -0x1.79b05ep-25f, 0x1.036b6ep-27f,
   0x1.2ec1d4p-27f, -0x1.6cd47cp-26f, -0x1.04ae88p-27f, -0x1.2fc81cp-27f, 0x1.fda57cp-28f}
};

typedef __mmask16 lanes_f32;

DLC_INLINE lanes_f32 is_below(vec_f32 x, float limit) {
  return _mm512_cmp_ps_mask(x, (vec_f32)(limit), _CMP_LT_OQ);
}

DLC_INLINE vec_f32 unscaled(vec_f32 y, lanes_f32 tail) {
  return _mm512_mask_mul_ps(y, tail, y, (vec_f32)(0x1p-40f));
}

DLC_INLINE vec_f32 zero_in(vec_f32 y, lanes_f32 lanes) {
  return _mm512_maskz_mov_ps((__mmask16)~lanes, y);
}

DLC_INLINE vec_f32 smaller(vec_f32 x, vec_f32 y) { return _mm512_min_ps(x, y); }
DLC_INLINE vec_f32 larger(vec_f32 x, vec_f32 y) { return _mm512_max_ps(x, y); }
DLC_INLINE vec_f32 fused_add(vec_f32 x, vec_f32 y, vec_f32 z) { return _mm512_fmadd_ps(x, y, z); }
DLC_INLINE vec_f32 fused_sub(vec_f32 x, vec_f32 y, vec_f32 z) { return _mm512_fmsub_ps(x, y, z); }

#define EXP2_ROUND 0x1.8p+19f

DLC_INLINE vec_f32 look_up(const float *table, vec_f32 t) {
  return _mm512_permutexvar_ps(_mm512_castps_si512(t), *(const vec_f32 *)table);
}

DLC_INLINE vec_f32 exp2_slope(vec_f32 r) {
  const vec_f32 q = r * 0x1.c6adfap-5f + 0x1.ec00c6p-3f;
  return q * r + 0x1.62e430p-1f;
}

DLC_INLINE vec_f32 exp2_scaled(vec_f32 y, vec_f32 t, lanes_f32 tail) {
  const vec_f32 n = t - EXP2_ROUND;
  return _mm512_scalef_ps(y, _mm512_mask_sub_ps(n, tail, n, (vec_f32)(40.0f)));
}

DLC_INLINE vec_f32 silu_within(vec_f32 x) { return _mm512_range_ps(x, (vec_f32)(300.0f), 2); }
DLC_INLINE vec_f32 gelu_tanh_within(vec_f32 x) { return _mm512_range_ps(x, (vec_f32)(14.0f), 2); }

#else

// 2^(1 + i / 8), and the base-2 logarithms of what these floats lack.
static const float root_of_two[2][8] = {
  {0x1p+1f, 0x1.172b84p+1f, 0x1.306fe0p+1f, 0x1.4bfdaep+1f, 0x1.6a09e6p+1f, 0x1.8ace54p+1f,
   0x1.ae89fap+1f, 0x1.d5818ep+1f},
  {0.0f, -0x1.293ab8p-26f, 0x1.8bbfd2p-25f, -0x1.800eaep-25f, 0x1.a82ebcp-26f, 0x1.036b6ep-27f,
   -0x1.6cd47cp-26f, -0x1.2fc81cp-27f}
};

typedef __m256i lanes_f32;

DLC_INLINE lanes_f32 is_below(vec_f32 x, float limit) {
  return _mm256_castps_si256(_mm256_cmp_ps(x, (vec_f32)(limit), _CMP_LT_OQ));
}

DLC_INLINE vec_f32 unscaled(vec_f32 y, lanes_f32 tail) {
  const vec_f32 one = (vec_f32)(1.0f), far = (vec_f32)(0x1p-40f);
  return y * _mm256_blendv_ps(one, far, _mm256_castsi256_ps(tail));
}

DLC_INLINE vec_f32 zero_in(vec_f32 y, lanes_f32 lanes) {
  return _mm256_andnot_ps(_mm256_castsi256_ps(lanes), y);
}

DLC_INLINE vec_f32 smaller(vec_f32 x, vec_f32 y) { return _mm256_min_ps(x, y); }
DLC_INLINE vec_f32 larger(vec_f32 x, vec_f32 y) { return _mm256_max_ps(x, y); }
DLC_INLINE vec_f32 fused_add(vec_f32 x, vec_f32 y, vec_f32 z) { return _mm256_fmadd_ps(x, y, z); }
DLC_INLINE vec_f32 fused_sub(vec_f32 x, vec_f32 y, vec_f32 z) { return _mm256_fmsub_ps(x, y, z); }

#define EXP2_ROUND 0x1.8p+20f

DLC_INLINE vec_f32 look_up(const float *table, vec_f32 t) {
  return _mm256_permutevar8x32_ps(*(const vec_f32 *)table, _mm256_castps_si256(t));
}

DLC_INLINE vec_f32 exp2_slope(vec_f32 r) {
  vec_f32 q = r * 0x1.3b2a7ep-7f + 0x1.c6b8f4p-5f;
  q = q * r + 0x1.ebfbe0p-3f;
  return q * r + 0x1.62e430p-1f;
}

// One factor 2 is in the table: 2^(floor(n) - 1) is a normal number, or infinite, for n from -125
// to 130, in `tail` to 170.
DLC_INLINE vec_f32 exp2_scaled(vec_f32 y, vec_f32 t, lanes_f32 tail) {
  const __m256i whole = _mm256_slli_epi32(_mm256_srai_epi32(_mm256_castps_si256(t), 3), 23);
  const __m256i away = _mm256_and_si256(tail, _mm256_set1_epi32(40 << 23));
  const __m256i scale =
    _mm256_add_epi32(whole, _mm256_sub_epi32(_mm256_set1_epi32(126 << 23), away));
  return y * _mm256_castsi256_ps(scale);
}

DLC_INLINE vec_f32 silu_within(vec_f32 x) {
  return larger((vec_f32)(-117.5f), smaller((vec_f32)(86.0f), x));
}

DLC_INLINE vec_f32 gelu_tanh_within(vec_f32 x) {
  return larger((vec_f32)(-11.177723f), smaller((vec_f32)(9.9f), x));
}

#endif

// 2^((w + w_low) x), 2^-40 of it in `tail`. The product is n + r, n = t - EXP2_ROUND.
DLC_INLINE vec_f32 exp2_product(vec_f32 w, vec_f32 w_low, vec_f32 x, lanes_f32 tail) {
  const vec_f32 t = w * x + EXP2_ROUND, near = fused_sub(w, x, t - EXP2_ROUND);
  const vec_f32 root = look_up(root_of_two[0], t), lack = look_up(root_of_two[1], t);
  const vec_f32 r = w_low * x + (near + lack);
  return exp2_scaled(root * r * exp2_slope(r) + root, t, tail);
}

#if DLC_VECTOR_BYTES == 64
// e^x.
DLC_INLINE vec_f32 exp_vector(vec_f32 x) {
  const vec_f32 a = larger((vec_f32)(-300.0f), smaller((vec_f32)(300.0f), x));
  return exp2_product((vec_f32)(0x1.715476p+0f), (vec_f32)(0x1.4ae0c0p-26f), a, 0);
}
#endif

// t = e^-x, and where its tail begins.
DLC_INLINE lanes_f32 silu_tail(vec_f32 x) { return is_below(x, -87.0f); }

DLC_INLINE vec_f32 silu_power(vec_f32 x, lanes_f32 tail) {
  const vec_f32 w = (vec_f32)(-0x1.715476p+0f), w_low = (vec_f32)(-0x1.4ae0c0p-26f);
  return exp2_product(w, w_low, silu_within(x), tail);
}

// t = e^-(C x + D x^3), C and D as in gelu_tanh_argument: -log2(e) (C + D x^2) is (1 + 1.07 2^-16)
// (c + d x^2) to 2^-31, with floats c and d of their ratio such that c ends in two zero bits, which
// makes c - w exact.
DLC_INLINE lanes_f32 gelu_tanh_tail(vec_f32 x) { return is_below(x, -10.0f); }

DLC_INLINE vec_f32 gelu_tanh_power(vec_f32 x, lanes_f32 tail) {
  const vec_f32 a = gelu_tanh_within(x), s = a * a, s_low = fused_sub(a, a, s);
  const vec_f32 d = (vec_f32)(-0x1.a5a60ep-4f), c = (vec_f32)(-0x1.26ad88p+1f);
  const vec_f32 w = fused_add(d, s, c), lost = fused_add(d, s, c - w);
  return exp2_product(w, d * s_low + (0x1.10e278p-16f * w + lost), a, tail);
}

DLC_INLINE vec_f32 silu_vector(vec_f32 x) {
  const lanes_f32 tail = silu_tail(x);
  return unscaled(x / (1.0f + silu_power(x, tail)), tail);
}

DLC_INLINE vec_f32 gelu_tanh_vector(vec_f32 x) {
  const lanes_f32 tail = gelu_tanh_tail(x);
  return unscaled(x / (1.0f + gelu_tanh_power(x, tail)), tail);
}

#endif
