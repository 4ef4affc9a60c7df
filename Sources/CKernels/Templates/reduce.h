// Reductions of a rows x cols tile, strides in elements.
//
//   *_rows    d[r * ds] = (accumulate ? d[r * ds] op :) a[r][0] op a[r][1] op ...
//   *_cols    d[c]      = (accumulate ? d[c] op :) a[0][c] op a[1][c] op ...
//   arg*_rows d[r * ds] = first column of the largest (smallest) element, of the first NaN if any
//   sumprod_rows  d[r * ds] = (accumulate ? d[r * ds] + :) sum over c of a[r][c] b[r][c]
//   cumsum_rows   d[r][c] = sum of a[r][0..c], without a[r][c] if exclusive, from the right if
//                 reverse
//
// Along a row 64 accumulators take every 64th element, then are folded in halves: an order that
// depends on cols alone, not on strides, instruction set or threads. Down a column rows are added
// one after the other, so a tile may be cut anywhere between rows. max and min hand on NaN.

typedef DLC_WIDE(float, 16) wide_f32;
typedef DLC_WIDE(double, 16) wide_f64;
typedef DLC_WIDE(int32_t, 16) wide_i32;
typedef DLC_WIDE(int64_t, 16) wide_i64;
typedef DLC_WIDE(uint32_t, 16) wide_u32;
typedef DLC_WIDE(uint64_t, 16) wide_u64;
typedef DLC_WIDE(uint8_t, 16) wide_b8;

#define OP_SUM(x, y) ((x) + (y))
#define OP_PROD(x, y) ((x) * (y))
#define OP_MAX(x, y) ((((x) > (y)) | ((x) != (x))) ? (x) : (y))
#define OP_MIN(x, y) ((((x) < (y)) | ((x) != (x))) ? (x) : (y))

// Adds n elements to the accumulators. Only the last call of a row may have n % 64 != 0.
#define REDUCE_ROWS(op, OP, S, T, wide, identity) \
  static inline __attribute__((always_inline)) void op##_lanes_##S( \
    wide acc[4], long n, const T *a \
  ) { \
    long c = 0; \
    for (; c + 64 <= n; c += 64) { \
      acc[0] = OP(acc[0], *(const wide *)(a + c)); \
      acc[1] = OP(acc[1], *(const wide *)(a + c + 16)); \
      acc[2] = OP(acc[2], *(const wide *)(a + c + 32)); \
      acc[3] = OP(acc[3], *(const wide *)(a + c + 48)); \
    } \
    for (; c + 16 <= n; c += 16) { \
      const wide x = *(const wide *)(a + c); \
      acc[0] = OP(acc[0], x); \
      const wide first = acc[0]; \
      acc[0] = acc[1], acc[1] = acc[2], acc[2] = acc[3], acc[3] = first; \
    } \
    if (c == n) return; \
    T pad[16]; \
    for (int i = 0; i < 16; i++) pad[i] = identity; \
    memcpy(pad, a + c, (n - c) * sizeof(T)); \
    acc[0] = OP(acc[0], *(const wide *)pad); \
  } \
  static inline T op##_fold_##S(const wide acc[4]) { \
    const wide x = OP(acc[0], acc[1]), y = OP(acc[2], acc[3]); \
    const wide all = OP(x, y); \
    T t[16]; \
    *(wide *)t = all; \
    for (int half = 8; half > 0; half /= 2) \
      for (int i = 0; i < half; i++) t[i] = OP(t[i], t[i + half]); \
    return t[0]; \
  } \
  static T op##_row_##S(long cols, const T *a, long ac) { \
    wide acc[4] = {(wide)(identity), (wide)(identity), (wide)(identity), (wide)(identity)}; \
    if (ac == 1) { \
      op##_lanes_##S(acc, cols, a); \
      return op##_fold_##S(acc); \
    } \
    T buffer[DLC_CHUNK]; \
    for (long c = 0; c < cols; c += DLC_CHUNK) { \
      const long n = cols - c < DLC_CHUNK ? cols - c : DLC_CHUNK; \
      lay_out(n, buffer, (const char *)(a + c * ac), ac * (long)sizeof(T), sizeof(T)); \
      op##_lanes_##S(acc, n, buffer); \
    } \
    return op##_fold_##S(acc); \
  } \
  static void k_##op##_rows_##S( \
    long rows, long cols, T *d, long ds, const T *a, long as, long ac, int accumulate \
  ) { \
    for (long r = 0; r < rows; r++) { \
      const T x = op##_row_##S(cols, a + r * as, ac); \
      d[r * ds] = accumulate ? OP(d[r * ds], x) : x; \
    } \
  }

#define REDUCE_COLS(op, OP, S, T, wide, identity) \
  static void op##_some_cols_##S( \
    long rows, long n, T *d, const T *a, long as, long ac, int accumulate \
  ) { \
    T acc[16]; \
    for (long c = 0; c < n; c++) acc[c] = accumulate ? d[c] : identity; \
    for (long r = 0; r < rows; r++) \
      for (long c = 0; c < n; c++) acc[c] = OP(acc[c], a[r * as + c * ac]); \
    for (long c = 0; c < n; c++) d[c] = acc[c]; \
  } \
  static void k_##op##_cols_##S( \
    long rows, long cols, T *d, const T *a, long as, long ac, int accumulate \
  ) { \
    long c = 0; \
    for (; ac == 1 && c + 64 <= cols; c += 64) { \
      wide *to = (wide *)(d + c); \
      wide acc[4]; \
      for (int i = 0; i < 4; i++) acc[i] = accumulate ? to[i] : (wide)(identity); \
      for (long r = 0; r < rows; r++) { \
        const wide *from = (const wide *)(a + r * as + c); \
        for (int i = 0; i < 4; i++) acc[i] = OP(acc[i], from[i]); \
      } \
      for (int i = 0; i < 4; i++) to[i] = acc[i]; \
    } \
    for (; ac == 1 && c + 16 <= cols; c += 16) { \
      wide acc = accumulate ? *(wide *)(d + c) : (wide)(identity); \
      for (long r = 0; r < rows; r++) acc = OP(acc, *(const wide *)(a + r * as + c)); \
      *(wide *)(d + c) = acc; \
    } \
    for (; c < cols; c += 16) \
      op##_some_cols_##S( \
        rows, cols - c < 16 ? cols - c : 16, d + c, a + c * ac, as, ac, accumulate); \
  }

#define REDUCE(op, OP, S, T, wide, identity) \
  REDUCE_ROWS(op, OP, S, T, wide, identity) REDUCE_COLS(op, OP, S, T, wide, identity)

REDUCE(sum, OP_SUM, f32, float, wide_f32, 0)
REDUCE(sum, OP_SUM, f64, double, wide_f64, 0)
REDUCE(sum, OP_SUM, i32, uint32_t, wide_u32, 0)
REDUCE(sum, OP_SUM, i64, uint64_t, wide_u64, 0)
REDUCE(prod, OP_PROD, f32, float, wide_f32, 1)
REDUCE(prod, OP_PROD, f64, double, wide_f64, 1)
REDUCE(prod, OP_PROD, i32, uint32_t, wide_u32, 1)
REDUCE(prod, OP_PROD, i64, uint64_t, wide_u64, 1)
REDUCE(max, OP_MAX, f32, float, wide_f32, -INFINITY)
REDUCE(max, OP_MAX, f64, double, wide_f64, -(double)INFINITY)
REDUCE(max, OP_MAX, i32, int32_t, wide_i32, INT32_MIN)
REDUCE(max, OP_MAX, i64, int64_t, wide_i64, INT64_MIN)
REDUCE(max, OP_MAX, b8, uint8_t, wide_b8, 0)
REDUCE(min, OP_MIN, f32, float, wide_f32, INFINITY)
REDUCE(min, OP_MIN, f64, double, wide_f64, (double)INFINITY)
REDUCE(min, OP_MIN, i32, int32_t, wide_i32, INT32_MAX)
REDUCE(min, OP_MIN, i64, int64_t, wide_i64, INT64_MAX)
REDUCE(min, OP_MIN, b8, uint8_t, wide_b8, 255)

// The extreme value first, then the first place where it stands.
#define ARG_ROWS(op, S, T) \
  static void k_arg##op##_rows_##S( \
    long rows, long cols, int64_t *d, long ds, const T *a, long as, long ac \
  ) { \
    for (long r = 0; r < rows; r++) { \
      const T *row = a + r * as; \
      const T best = op##_row_##S(cols, row, ac); \
      long c = 0; \
      if (best != best) \
        while (c + 1 < cols && row[c * ac] == row[c * ac]) c++; \
      else \
        while (c + 1 < cols && row[c * ac] != best) c++; \
      d[r * ds] = c; \
    } \
  }

#define ARG_BOTH(S, T) ARG_ROWS(max, S, T) ARG_ROWS(min, S, T)
ARG_BOTH(f32, float)
ARG_BOTH(f64, double)
ARG_BOTH(i32, int32_t)
ARG_BOTH(i64, int64_t)
ARG_BOTH(b8, uint8_t)

// Products go through a buffer, so that they are rounded before they are added everywhere alike.
#define SUMPROD_ROWS(S, T, wide) \
  static void k_sumprod_rows_##S( \
    long rows, long cols, T *d, long ds, const T *a, long as, long ac, const T *b, long bs, \
    long bc, int accumulate \
  ) { \
    T buffer[DLC_CHUNK]; \
    for (long r = 0; r < rows; r++) { \
      wide acc[4] = {(wide)(0), (wide)(0), (wide)(0), (wide)(0)}; \
      for (long c = 0; c < cols; c += DLC_CHUNK) { \
        const long n = cols - c < DLC_CHUNK ? cols - c : DLC_CHUNK; \
        k_mul_##S(1, n, buffer, n, a + r * as + c * ac, 0, ac, b + r * bs + c * bc, 0, bc); \
        sum_lanes_##S(acc, n, buffer); \
      } \
      const T x = sum_fold_##S(acc); \
      d[r * ds] = accumulate ? d[r * ds] + x : x; \
    } \
  }

SUMPROD_ROWS(f32, float, wide_f32)
SUMPROD_ROWS(f64, double, wide_f64)

#define CUMSUM_ROWS(S, T) \
  static void k_cumsum_rows_##S( \
    long rows, long cols, T *d, long ds, const T *a, long as, long ac, int exclusive, int reverse \
  ) { \
    for (long r = 0; r < rows; r++) { \
      T sum = 0; \
      for (long i = 0; i < cols; i++) { \
        const long c = reverse ? cols - 1 - i : i; \
        const T before = sum; \
        sum += a[r * as + c * ac]; \
        d[r * ds + c] = exclusive ? before : sum; \
      } \
    } \
  }

// d[c] = a[c] d[c - 1] + b[c], beginning with d[-1] = 0.
#define LINEAR_SCAN_ROWS(S, T) \
  static void k_linear_scan_rows_##S( \
    long rows, long cols, T *d, long ds, const T *a, long as, long ac, const T *b, long bs, \
    long bc, int reverse \
  ) { \
    for (long r = 0; r < rows; r++) { \
      T last = 0; \
      for (long i = 0; i < cols; i++) { \
        const long c = reverse ? cols - 1 - i : i; \
        /* What comes before the first element is nothing, whatever a is: no infinity times 0. */ \
        last = i == 0 ? b[r * bs + c * bc] : a[r * as + c * ac] * last + b[r * bs + c * bc]; \
        d[r * ds + c] = last; \
      } \
    } \
  }

LINEAR_SCAN_ROWS(f32, float)
LINEAR_SCAN_ROWS(f64, double)
LINEAR_SCAN_ROWS(i32, uint32_t)
LINEAR_SCAN_ROWS(i64, uint64_t)

CUMSUM_ROWS(f32, float)
CUMSUM_ROWS(f64, double)
CUMSUM_ROWS(i32, uint32_t)
CUMSUM_ROWS(i64, uint64_t)
