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

#define OP_SUM(x, y) ((x) + (y))
#define OP_PROD(x, y) ((x) * (y))
#define OP_MAX(x, y) ((((x) > (y)) | ((x) != (x))) ? (x) : (y))
#define OP_MIN(x, y) ((((x) < (y)) | ((x) != (x))) ? (x) : (y))

#if DLC_PORTABLE
#include "reduce_portable.h"
#else
#include "reduce_vector.h"
#endif

#define REDUCE_ROWS(op, OP, S, T, wide, identity) \
  REDUCE_LANES(op, OP, S, T, wide, identity) \
  static T op##_row_##S(long cols, const T *a, long ac) { \
    ACCUMULATORS(T, wide, acc, identity); \
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
    long rows, long cols, void *result, long ds, const void *from, long as, long ac, int accumulate \
  ) { \
    T *d = result; \
    const T *a = from; \
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
    long rows, long cols, void *result, const void *from, long as, long ac, int accumulate \
  ) { \
    T *d = result; \
    const T *a = from; \
    long c = 0; \
    REDUCE_DENSE_COLS(OP, T, wide, identity) \
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
      ACCUMULATORS(T, wide, acc, 0); \
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
    long rows, long cols, void *result, long ds, const void *from, long as, long ac, \
    int exclusive, int reverse \
  ) { \
    T *d = result; \
    const T *a = from; \
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
    long rows, long cols, void *result, long ds, const void *factors, long as, long ac, \
    const void *terms, long bs, long bc, int reverse \
  ) { \
    T *d = result; \
    const T *a = factors, *b = terms; \
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
