// What attention does to a block of scores between its matrix products.
//
//   attention_weights  row r sees its first n = min(cols, seen + r) columns: over those
//                        e = exp(s - m),  m the row's maximum,   factor[r] = 1 / sum of e
//                      in the scores' place, zeros in the other columns. A row that sees nothing
//                      but minus infinity gets zeros and factor 0. softmax = e * factor
//   attention_scores   the gradient of the scores, in the place of that of e * factor:
//                        dp = e (dp - factor[r] sum over the row of e dp)
//                      where dp is factor[r] times the gradient of the softmax
//
// Rows have room for cols rounded up to 16; what is there beyond cols is overwritten.

// gelu_tanh_slope, the derivative of x s, s = 1 / (1 + e^-w), w = sqrt(8 / pi) (x + 0.044715 x^3):
// s + x s (1 - s) w'. The second term dies before its factors overflow.

// e^x of x <= 0, 0 below -86: one factor 2^n does, where exp_float needs two. Error 1.1 ulp.
static inline float exp_below_float(float x) {
  const float t = x * 0x1.715476p+0f + 0x1.8p+23f;
  const float n = t - 0x1.8p+23f;
  const float r = x - n * 0x1.62e4p-1f - n * 0x1.7f7d1cp-20f;
  float q = 0x1.9f077ep-13f;
  q = q * r + 0x1.6d8e6ep-10f;
  q = q * r + 0x1.111274p-7f;
  q = q * r + 0x1.55548cp-5f;
  q = q * r + 0x1.555554p-3f;
  q = q * r + 0.5f;
  const float e = 1.0f + (r + r * r * q);
  const float y = bits_f32(f32_bits(e) + (f32_bits(t) << 23));
  return x < -86.0f ? 0.0f : y;
}

// s and 1 - s from e^-|w|, so that neither loses digits where it is small.
static inline float gelu_tanh_slope_float(float x) {
  const float square = x * x;
  const float w = 0x1.988454p+0f * (x + 0.044715f * (square * x));
  const float t = exp_below_float(-fabsf(w)), large = 1.0f / (1.0f + t), small = t * large;
  const float rest = small * large * (x * (0x1.988454p+0f + 0x1.b6676bp-3f * square));
  const float s = w < 0.0f ? small : large;
  return square < 400.0f ? s + rest : x != x ? x : s;
}

static inline double gelu_tanh_slope_full(double x) {
  const double square = x * x;
  const double w = 0x1.9884533d43651p+0 * (x + 0.044715 * square * x);
  const double t = exp_full(-fabs(w)), large = 1.0 / (1.0 + t), small = t * large;
  const double speed = 0x1.9884533d43651p+0 * (1.0 + 0.134145 * square);
  const double rest = small * large * (x * speed);
  const double s = w < 0.0 ? small : large;
  return square < 400.0 ? s + rest : x != x ? x : s;
}

// silu_slope, the derivative of x s, s = 1 / (1 + e^-x): s + x s (1 - s).
static inline float silu_slope_float(float x) {
  const float t = exp_below_float(-fabsf(x)), large = 1.0f / (1.0f + t), small = t * large;
  const float s = x < 0.0f ? small : large;
  return fabsf(x) < 100.0f ? s + x * (small * large) : x != x ? x : x < 0.0f ? 0.0f : 1.0f;
}

static inline double silu_slope_full(double x) {
  const double t = exp_full(-fabs(x)), large = 1.0 / (1.0 + t), small = t * large;
  const double s = x < 0.0 ? small : large;
  return fabs(x) < 800.0 ? s + x * (small * large) : x != x ? x : x < 0.0 ? 0.0 : 1.0;
}

// silu_and_slope, gelu_tanh_and_slope: an activation, but for its last bit as above, and its
// derivative from one exponential and one division.
#if DLC_VECTOR_BYTES >= 32
// y = x s and s + y (1 - s) v', s = 1 / (1 + t), t as in math_float.h. An infinite y would make NaN
// of 1 - s = 0. In the tail the slope is 0.
DLC_INLINE vec_f32 times_sigmoid_both(
  vec_f32 x, vec_f32 t, vec_f32 speed, lanes_f32 tail, vec_f32 *slope
) {
  const vec_f32 over = 1.0f / (1.0f + t), y = x * over;
  const vec_f32 finite = smaller((vec_f32)(0x1p+60f), y);
  *slope = zero_in(t * over * (finite * speed) + over, tail);
  return unscaled(y, tail);
}

DLC_INLINE vec_f32 silu_both_vector(vec_f32 x, vec_f32 *slope) {
  const lanes_f32 tail = silu_tail(x);
  return times_sigmoid_both(x, silu_power(x, tail), (vec_f32)(1.0f), tail, slope);
}

DLC_INLINE vec_f32 gelu_tanh_both_vector(vec_f32 x, vec_f32 *slope) {
  const lanes_f32 tail = gelu_tanh_tail(x);
  const vec_f32 a = gelu_tanh_within(x), speed = 0x1.988454p+0f + 0x1.b6676bp-3f * (a * a);
  return times_sigmoid_both(x, gelu_tanh_power(x, tail), speed, tail, slope);
}

DLC_INLINE vec_f32 silu_slope_vector(vec_f32 x) {
  vec_f32 slope;
  silu_both_vector(x, &slope);
  return slope;
}

DLC_INLINE vec_f32 gelu_tanh_slope_vector(vec_f32 x) {
  vec_f32 slope;
  gelu_tanh_both_vector(x, &slope);
  return slope;
}
#elif DLC_FUSED
// x / (1 + t) or -a t / (1 + t), as in times_sigmoid, and s = sigmoid of |v| = hi + lo and of -|v|.
static inline __attribute__((always_inline)) float times_sigmoid_parts(
  float x, float a, float hi, float lo, float s[2]
) {
  float scale[2];
  const float e = exp_parts(-hi, -lo, scale);
  const float t = e * scale[0] * scale[1], sum = 1.0f + t, lost = (1.0f - sum) + t;
  const float over = 1.0f / sum, above = x < 0.0f ? -a * e : x, near = above * over;
  const float y = near + over * __builtin_fmaf(-near, sum, above), z = y - y * lost;
  const float limit = x > 0.0f ? x : NAN;
  s[0] = over, s[1] = t * over;
  return fabsf(x) == INFINITY ? limit : x < 0.0f ? z * scale[0] * scale[1] : z;
}

static inline __attribute__((always_inline)) void silu_both_float(float x, float *y, float *slope) {
  float s[2];
  const float b = fabsf(x), a = b > 110.0f ? 110.0f : b;
  *y = times_sigmoid_parts(x, a, a, 0.0f, s);
  const float side = x < 0.0f ? s[1] : s[0];
  *slope = b < 100.0f ? side + x * (s[1] * s[0]) : x != x ? x : x < 0.0f ? 0.0f : 1.0f;
}

static inline __attribute__((always_inline)) void gelu_tanh_both_float(
  float x, float *y, float *slope
) {
  float s[2], v[2];
  const float a = gelu_tanh_argument(x, v), square = x * x;
  *y = times_sigmoid_parts(x, a, v[0], v[1], s);
  const float side = x < 0.0f ? s[1] : s[0];
  const float rest = s[1] * s[0] * (x * (0x1.988454p+0f + 0x1.b6676bp-3f * square));
  *slope = square < 400.0f ? side + rest : x != x ? x : side;
}
#else
static inline void silu_both_float(float x, float *y, float *slope) {
  *y = silu_float(x), *slope = silu_slope_float(x);
}

static inline void gelu_tanh_both_float(float x, float *y, float *slope) {
  *y = gelu_tanh_float(x), *slope = gelu_tanh_slope_float(x);
}
#endif

static inline void silu_both_full(double x, double *y, double *slope) {
  *y = x * sigmoid_full(x), *slope = silu_slope_full(x);
}

static inline void gelu_tanh_both_full(double x, double *y, double *slope) {
  *y = x * sigmoid_full(0x1.9884533d43651p+0 * (x + 0.044715 * x * x * x));
  *slope = gelu_tanh_slope_full(x);
}

#define AND_SLOPE_ROWS(op, S, T, both) \
  static void rows_##op##_and_slope_##S( \
    long rows, long n, T *d, long ds, T *e, long es, const T *a, long as \
  ) { \
    n &= -DLC_BLOCK; \
    for (long r = 0; r < rows; r++, d += ds, e += es, a += as) \
      DLC_LOOP for (long i = 0; i < n; i++) { \
        T y, slope; \
        both(a[i], &y, &slope); \
        d[i] = y, e[i] = slope; \
      } \
  }

#define AND_SLOPE_ROWS_VECTORS(op, S, T, both) \
  static void rows_##op##_and_slope_##S( \
    long rows, long n, T *d, long ds, T *e, long es, const T *a, long as \
  ) { \
    for (long r = 0; r < rows; r++, d += ds, e += es, a += as) \
      for (long i = 0; i < n; i += DLC_VECTOR_BYTES / (long)sizeof(T)) { \
        vec_##S slope; \
        *(vec_##S *)(d + i) = both(*(const vec_##S *)(a + i), &slope); \
        *(vec_##S *)(e + i) = slope; \
      } \
  }

#define AND_SLOPE(op, S, T) \
  static void k_##op##_and_slope_##S( \
    long rows, long cols, T *d, long ds, T *e, long es, const T *a, long as, long ac \
  ) { \
    T y[DLC_CHUNK], slope[DLC_CHUNK]; \
    if (cols <= 0) return; \
    const long direct = ac == 1 ? cols & -DLC_BLOCK : 0; \
    if (direct) rows_##op##_and_slope_##S(rows, direct, d, ds, e, es, a, as); \
    for (long r = 0; r < rows; r++) \
      for (long c = direct; c < cols; c += DLC_CHUNK) { \
        const long n = cols - c < DLC_CHUNK ? cols - c : DLC_CHUNK; \
        const long whole = (n + DLC_BLOCK - 1) & -DLC_BLOCK, size = sizeof(T); \
        lay_out(n, y, (const char *)(a + r * as + c * ac), ac * size, size); \
        memset(y + n, 0, (whole - n) * size); \
        rows_##op##_and_slope_##S(1, whole, y, 0, slope, 0, y, 0); \
        memcpy(d + r * ds + c, y, n * size); \
        memcpy(e + r * es + c, slope, n * size); \
      } \
  }

#if DLC_VECTOR_BYTES >= 32
UNARY_VECTORS_F32(silu_slope, silu_slope_vector)
UNARY_VECTORS_F32(gelu_tanh_slope, gelu_tanh_slope_vector)
AND_SLOPE_ROWS_VECTORS(silu, f32, float, silu_both_vector)
AND_SLOPE_ROWS_VECTORS(gelu_tanh, f32, float, gelu_tanh_both_vector)
#else
UNARY_F32(silu_slope, silu_slope_float(x))
UNARY_F32(gelu_tanh_slope, gelu_tanh_slope_float(x))
AND_SLOPE_ROWS(silu, f32, float, silu_both_float)
AND_SLOPE_ROWS(gelu_tanh, f32, float, gelu_tanh_both_float)
#endif
UNARY_F64(silu_slope, silu_slope_full(x))
UNARY_F64(gelu_tanh_slope, gelu_tanh_slope_full(x))
AND_SLOPE_ROWS(silu, f64, double, silu_both_full)
AND_SLOPE_ROWS(gelu_tanh, f64, double, gelu_tanh_both_full)
AND_SLOPE(silu, f32, float)
AND_SLOPE(gelu_tanh, f32, float)
AND_SLOPE(silu, f64, double)
AND_SLOPE(gelu_tanh, f64, double)

// Sums of products 16 at a time, in the accumulators of reduce.h; the first n of 16 elements, the
// others made `rest`.
#if DLC_PORTABLE
#define ADD_PRODUCTS(wide, sums, c, x, y) \
  DLC_LOOP for (int i = 0; i < 16; i++) sums[(c & 48) + i] += x[c + i] * y[c + i]
#define KEEP_FIRST(wide, lanes, a, n, rest) \
  for (long i = n; i < 16; i++) (a)[i] = rest
#else
#define ADD_PRODUCTS(wide, sums, c, x, y) \
  sums[c / 16 & 3] += *(const wide *)(x + c) * *(const wide *)(y + c)
#define KEEP_FIRST(wide, lanes, a, n, rest) \
  do { \
    const lanes number = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}; \
    *(wide *)(a) = number < (lanes)(n) ? *(const wide *)(a) : (wide)(rest); \
  } while (0)
#endif

// d = e^(a - m).
#define EXP_SUB_ROW(name, T, exponential) \
  static void name(long n, T *d, const T *a, T m) { \
    n &= -DLC_BLOCK; \
    DLC_LOOP for (long i = 0; i < n; i++) d[i] = (T)exponential(a[i] - m); \
  }

EXP_SUB_ROW(row_exp_sub_f64, double, exp_full)
#if DLC_VECTOR_BYTES == 64
static void row_exp_sub_f32(long n, float *d, const float *a, float m) {
  for (long i = 0; i < n; i += 16) *(vec_f32 *)(d + i) = exp_vector(*(const vec_f32 *)(a + i) - m);
}
#define row_weights_f32 row_exp_sub_f32
#else
EXP_SUB_ROW(row_exp_sub_f32, float, exp_float)
EXP_SUB_ROW(row_weights_f32, float, exp_below_float)
#endif

// The largest that is a number: a NaN makes its row NaN in any case.
#define OP_LARGER(x, y) ((y) > (x) ? (y) : (x))

#define ATTENTION(S, T, wide, lanes, row_weights) \
  REDUCE_LANES(larger, OP_LARGER, S, T, wide, -(T)INFINITY) \
  static void k_attention_weights_##S( \
    long rows, long cols, T *s, long ss, T *factor, long seen \
  ) { \
    const long room = (cols + 15) & -16; \
    for (long r = 0; r < rows; r++, s += ss) { \
      const long n = seen + r < cols ? seen + r : cols, whole = (n + 15) & -16; \
      T *last = s + whole - 16; \
      if (n < whole) KEEP_FIRST(wide, lanes, last, n + 16 - whole, s[0]); \
      ACCUMULATORS(T, wide, largest, -(T)INFINITY); \
      larger_lanes_##S(largest, whole, s); \
      const T m = larger_fold_##S(largest); \
      row_weights(whole, s, s, m > -(T)INFINITY ? m : 0); \
      if (n < whole) KEEP_FIRST(wide, lanes, last, n + 16 - whole, 0); \
      for (long c = whole; c < room; c++) s[c] = 0; \
      ACCUMULATORS(T, wide, sums, 0); \
      sum_lanes_##S(sums, whole, s); \
      const T sum = sum_fold_##S(sums); \
      factor[r] = sum == 0 ? 0 : 1 / sum; \
    } \
  } \
  static void row_scores_##S(long n, T *dp, const T *e, T mean) { \
    n &= -DLC_BLOCK; \
    DLC_LOOP for (long c = 0; c < n; c++) dp[c] = e[c] * (dp[c] - mean); \
  } \
  static void k_attention_scores_##S( \
    long rows, long cols, T *dp, long ds, const T *e, long es, const T *factor \
  ) { \
    const long room = (cols + 15) & -16; \
    for (long r = 0; r < rows; r++, dp += ds, e += es) { \
      memset(dp + cols, 0, (room - cols) * sizeof(T)); \
      ACCUMULATORS(T, wide, sums, 0); \
      for (long c = 0; c < room; c += 16) ADD_PRODUCTS(wide, sums, c, dp, e); \
      row_scores_##S(room, dp, e, sum_fold_##S(sums) * factor[r]); \
    } \
  }

ATTENTION(f32, float, wide_f32, wide_i32, row_weights_f32)
ATTENTION(f64, double, wide_f64, wide_i64, row_exp_sub_f64)
