// Elementwise kernels with one input: rows x cols tiles, d[r][c] = f(a[r][c]), strides in elements.
// The formulas stand in the table below; the functions they call in math.h and math_float.h. f32
// results are within 4 ulp (docs/kernels.md); f64 transcendental functions are libm's but for
// those built on exp_full.

#define NEGATE_INT(U, T) (T)((U)0 - (U)x)

// sin and cos of arguments beyond 1e5 need more bits of pi than the fast path has.
#define DLC_SIN_COS(name, turn, whole_range) \
  static inline float name##_any(float x) { \
    return fabsf(x) <= 1e5f ? (float)sin_cos_float(x, turn) : (float)whole_range(x); \
  } \
  static void blocks_##name(long n, float *d, const float *a) { \
    for (long i = 0; i < n; i += DLC_BLOCK) { \
      int large = 0; \
      for (int j = 0; j < DLC_BLOCK; j++) large |= !(fabsf(a[i + j]) <= 1e5f); \
      if (large) { \
        for (int j = 0; j < DLC_BLOCK; j++) d[i + j] = name##_any(a[i + j]); \
        continue; \
      } \
      float *to = d + i; \
      const float *from = a + i; \
      DLC_LOOP for (long j = 0; j < DLC_BLOCK; j++) to[j] = (float)sin_cos_float(from[j], turn); \
    } \
  } \
  static void row_##name##_f32( \
    long rows, long n, void *d, long ds, const void *const *in, const long *rs, const double *p \
  ) { \
    (void)p; \
    for (long r = 0; r < rows; r++) \
      blocks_##name( \
        n, (float *)((char *)d + r * ds), (const float *)((const char *)in[0] + r * rs[0])); \
  } \
  static void k_##name##_f32( \
    long rows, long cols, float *d, long ds, const float *a, long as, long ac \
  ) { \
    struct input in[1] = {DLC_INPUT(float, a, as, ac)}; \
    map(rows, cols, d, ds, sizeof(float), 1, in, row_##name##_f32, (const double[2]){0, 0}); \
  }

DLC_SIN_COS(sin, 0, sin)
DLC_SIN_COS(cos, 1, cos)

#define UNARY_F32(op, expression) DLC_UNARY(op##_f32, float, float, expression)
#define UNARY_F64(op, expression) DLC_UNARY(op##_f64, double, double, expression)
#define UNARY_BOTH(op, expression) UNARY_F32(op, expression) UNARY_F64(op, expression)
#define UNARY_VECTORS_F32(op, function) \
  DLC_ROW_VECTORS(op##_f32, float, vec_f32, function) DLC_UNARY_KERNEL(op##_f32, float, float)

UNARY_BOTH(neg, -x)
UNARY_F32(abs, DLC_ABS_f32(x))
UNARY_F64(abs, DLC_ABS_f64(x))
UNARY_BOTH(sign, x != x ? x : (x > 0) - (x < 0))
UNARY_BOTH(relu, x < 0 ? 0 : x)
UNARY_F32(sqrt, DLC_SQRT_f32(x))
UNARY_F64(sqrt, DLC_SQRT_f64(x))
UNARY_F32(rsqrt, 1 / DLC_SQRT_f32(x))
UNARY_F64(rsqrt, 1 / DLC_SQRT_f64(x))
UNARY_BOTH(reciprocal, 1 / x)
UNARY_F32(floor, DLC_FLOOR_f32(x))
UNARY_F64(floor, DLC_FLOOR_f64(x))
UNARY_F32(ceil, DLC_CEIL_f32(x))
UNARY_F64(ceil, DLC_CEIL_f64(x))
UNARY_F32(round, DLC_ROUND_f32(x))
UNARY_F64(round, DLC_ROUND_f64(x))
UNARY_F32(trunc, DLC_TRUNC_f32(x))
UNARY_F64(trunc, DLC_TRUNC_f64(x))
UNARY_F32(round_float16, float16_f32(x))
UNARY_F64(round_float16, float16_f64(x))
UNARY_F32(round_bfloat16, bfloat16_f32(x))
UNARY_F64(round_bfloat16, bfloat16_f64(x))
DLC_UNARY(is_nan_f32, uint8_t, float, x != x)
DLC_UNARY(is_nan_f64, uint8_t, double, x != x)
DLC_UNARY(is_inf_f32, uint8_t, float, fabsf(x) == INFINITY)
DLC_UNARY(is_inf_f64, uint8_t, double, fabs(x) == (double)INFINITY)
DLC_UNARY(bit_not_i32, int32_t, int32_t, ~x)
DLC_UNARY(bit_not_i64, int64_t, int64_t, ~x)
DLC_UNARY(bit_not_b8, uint8_t, uint8_t, ~x)
DLC_UNARY(not_b8, uint8_t, uint8_t, x == 0)

UNARY_F32(log, log_float(x))
UNARY_F32(log1p, log1p_short(x))
UNARY_F32(expm1, expm1_short(x))
UNARY_F32(tanh, tanh_float(x))
UNARY_F32(erf, erf_float(x))
UNARY_F32(atan, atan_float(x))
UNARY_F32(sigmoid, sigmoid_float(x))
#if DLC_VECTOR_BYTES == 64
UNARY_VECTORS_F32(exp, exp_vector)
#else
UNARY_F32(exp, exp_float(x))
#endif
#if DLC_VECTOR_BYTES >= 32
UNARY_VECTORS_F32(silu, silu_vector)
UNARY_VECTORS_F32(gelu_tanh, gelu_tanh_vector)
#else
UNARY_F32(silu, silu_float(x))
UNARY_F32(gelu_tanh, gelu_tanh_float(x))
#endif
UNARY_F32(gelu, gelu_float(x))
UNARY_F32(softplus, softplus_float(x))

UNARY_F64(exp, exp_full(x))
UNARY_F64(log, log(x))
UNARY_F64(log1p, log1p(x))
UNARY_F64(expm1, expm1(x))
UNARY_F64(sin, sin(x))
UNARY_F64(cos, cos(x))
UNARY_F64(tanh, tanh(x))
UNARY_F64(erf, erf(x))
UNARY_F64(atan, atan(x))
UNARY_F64(sigmoid, sigmoid_full(x))
UNARY_F64(silu, x * sigmoid_full(x))
UNARY_F64(gelu, x * (0.5 * erfc(x * -0x1.6a09e667f3bcdp-1)))
UNARY_F64(gelu_tanh, x * sigmoid_full(0x1.9884533d43651p+0 * (x + 0.044715 * x * x * x)))
UNARY_F64(softplus, fmax(x, 0.0) + log1p(exp_full(-fabs(x))) + (x != x ? x : 0))

DLC_UNARY_P(leaky_relu_f32, float, float, x < 0 ? x * (float)p0 : x)
DLC_UNARY_P(leaky_relu_f64, double, double, x < 0 ? x * p0 : x)
DLC_UNARY_P(elu_f32, float, float, x < 0 ? (float)(p0 * expm1_short(x)) : x)
DLC_UNARY_P(elu_f64, double, double, x < 0 ? p0 * expm1(x) : x)

DLC_UNARY(neg_i32, int32_t, int32_t, NEGATE_INT(uint32_t, int32_t))
DLC_UNARY(neg_i64, int64_t, int64_t, NEGATE_INT(uint64_t, int64_t))
DLC_UNARY(abs_i32, int32_t, int32_t, x < 0 ? NEGATE_INT(uint32_t, int32_t) : x)
DLC_UNARY(abs_i64, int64_t, int64_t, x < 0 ? NEGATE_INT(uint64_t, int64_t) : x)
DLC_UNARY(sign_i32, int32_t, int32_t, (x > 0) - (x < 0))
DLC_UNARY(sign_i64, int64_t, int64_t, (x > 0) - (x < 0))
DLC_UNARY(relu_i32, int32_t, int32_t, x < 0 ? 0 : x)
DLC_UNARY(relu_i64, int64_t, int64_t, x < 0 ? 0 : x)

// clamp: x < lo ? lo : x > hi ? hi : x, bounds rounded to T first. NaN stays NaN.
static inline int32_t f64_to_i32(double x) {
  const double low = x < -2147483648.0 ? -2147483648.0 : x;
  const double y = low > 2147483647.0 ? 2147483647.0 : low;
  return x != x ? 0 : (int32_t)y;
}

static inline int64_t f64_to_i64(double x) {
  const double low = x < -0x1p63 ? -0x1p63 : x;
  const double y = low > 0x1.fffffffffffffp62 ? 0.0 : low;
  return x != x ? 0 : x >= 0x1p63 ? INT64_MAX : (int64_t)y;
}

#define CLAMP(x, lo, hi) ((x) < (lo) ? (lo) : (x) > (hi) ? (hi) : (x))
DLC_UNARY_PP(clamp_f32, float, float, CLAMP(x, (float)p0, (float)p1))
DLC_UNARY_PP(clamp_f64, double, double, CLAMP(x, p0, p1))
DLC_UNARY_PP(clamp_i32, int32_t, int32_t, CLAMP(x, f64_to_i32(p0), f64_to_i32(p1)))
DLC_UNARY_PP(clamp_i64, int64_t, int64_t, CLAMP(x, f64_to_i64(p0), f64_to_i64(p1)))
