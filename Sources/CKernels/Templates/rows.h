// Functions of whole rows, which stay in cache between the steps; n = cols, mean over the row.
//
//   normalize           d = (x - mean(x)) / sqrt(variance(x) + eps)
//   normalize_gradient  d = (g - mean(g) - y mean(g y)) / sqrt(variance(x) + eps),
//                       y = normalize(x): the gradient of x, that of y being g
//   exp_sub_sum         d = e^(a - m[r]) and its sum over the row, added as sum_rows does
//   pick_rows           d[r] = a[r][label[r]], 0 where that is no column
//   pick_sub_rows       d[r] = a[r][label[r]] - b[r], 0 where that is no column
//   muladd_at           d = a b, and a b + c[r] in column label[r], if there is such
//
// The result may be in an operand's place. A row that normalize finds not contiguous is laid out
// first, so it has at most DLC_LONGEST_ROW elements.

#define DLC_LONGEST_ROW 4096

#if DLC_PORTABLE
#define ADD_MOMENTS(T, wide, squares, products, c, a, shift, g) \
  DLC_LOOP for (int i = 0; i < 16; i++) { \
    const T x = a[c + i] - shift; \
    squares[(c & 48) + i] += x * x; \
    if (g) products[(c & 48) + i] += x * g[c + i]; \
  }
#else
#define ADD_MOMENTS(T, wide, squares, products, c, a, shift, g) \
  { \
    const wide x = *(const wide *)(a + c) - shift; \
    squares[c / 16 & 3] += x * x; \
    if (g) products[c / 16 & 3] += x * *(const wide *)(g + c); \
  }
#endif

#define NORMALIZE(S, T, wide) \
  static const T *contiguous_##S(long cols, T *buffer, const T *a, long ac) { \
    if (ac == 1) return a; \
    lay_out(cols, buffer, (const char *)a, ac * (long)sizeof(T), sizeof(T)); \
    return buffer; \
  } \
  /* The sums over n elements of (a - shift)^2 and, if g is there, of (a - shift) g. */ \
  static inline void moments_##S( \
    long n, const T *a, T shift, const T *g, T *square, T *product \
  ) { \
    ACCUMULATORS(T, wide, squares, 0); \
    ACCUMULATORS(T, wide, products, 0); \
    const long whole = n & -16; \
    for (long c = 0; c < whole; c += 16) ADD_MOMENTS(T, wide, squares, products, c, a, shift, g); \
    T rest = 0, other = 0; \
    for (int i = 0; i < (int)(n - whole); i++) { \
      const T x = a[whole + i] - shift; \
      rest += x * x; \
      if (g) other += x * g[whole + i]; \
    } \
    *square = sum_fold_##S(squares) + rest; \
    if (g) *product = sum_fold_##S(products) + other; \
  } \
  static void row_scaled_##S(long n, T *d, const T *a, T shift, T scale) { \
    DLC_LOOP for (long c = 0; c < n; c++) d[c] = (a[c] - shift) * scale; \
  } \
  static void k_normalize_##S( \
    long rows, long cols, T *d, long ds, const T *a, long as, long ac, double eps \
  ) { \
    T buffer[DLC_LONGEST_ROW]; \
    if (cols > DLC_LONGEST_ROW) return; \
    for (long r = 0; r < rows; r++, d += ds, a += as) { \
      const T *x = contiguous_##S(cols, buffer, a, ac); \
      const T mean = sum_row_##S(cols, x, 1) / (T)cols; \
      T square; \
      moments_##S(cols, x, mean, 0, &square, 0); \
      const T scale = 1 / DLC_SQRT_##S(square / (T)cols + (T)eps); \
      row_scaled_##S(cols, d, x, mean, scale); \
    } \
  } \
  static void row_gradient_##S( \
    long n, T *d, const T *a, const T *g, T mean, T slope, T shift, T scale \
  ) { \
    DLC_LOOP for (long c = 0; c < n; c++) \
      d[c] = (g[c] - shift - (a[c] - mean) * slope) * scale; \
  } \
  static void k_normalize_gradient_##S( \
    long rows, long cols, T *d, long ds, const T *a, long as, long ac, const T *b, long bs, \
    long bc, double eps \
  ) { \
    T buffers[2][DLC_LONGEST_ROW]; \
    if (cols > DLC_LONGEST_ROW) return; \
    for (long r = 0; r < rows; r++, d += ds, a += as, b += bs) { \
      const T *x = contiguous_##S(cols, buffers[0], a, ac); \
      const T *g = contiguous_##S(cols, buffers[1], b, bc); \
      const T n = (T)cols, mean = sum_row_##S(cols, x, 1) / n; \
      T square = 0, product = 0; \
      moments_##S(cols, x, mean, g, &square, &product); \
      const T variance = square / n + (T)eps; \
      row_gradient_##S( \
        cols, d, x, g, mean, product / n / variance, sum_row_##S(cols, g, 1) / n, \
        1 / DLC_SQRT_##S(variance)); \
    } \
  }

NORMALIZE(f32, float, wide_f32)
NORMALIZE(f64, double, wide_f64)

// e^(a - m) and its sum: a softmax needs no other pass over the row but for the maximum.
#define EXP_SUB_SUM(S, T, wide) \
  static void k_exp_sub_sum_##S( \
    long rows, long cols, T *d, long ds, T *sum, long ss, const T *a, long as, long ac, \
    const T *m, long ms, long mc \
  ) { \
    T from[DLC_CHUNK], pad[DLC_BLOCK]; \
    (void)mc; \
    for (long r = 0; r < rows; r++) { \
      const T shift = m[r * ms]; \
      ACCUMULATORS(T, wide, acc, 0); \
      for (long c = 0; c < cols; c += DLC_CHUNK) { \
        const long n = cols - c < DLC_CHUNK ? cols - c : DLC_CHUNK, whole = n & -DLC_BLOCK; \
        const T *x = a + r * as + c * ac; \
        T *y = d + r * ds + c; \
        if (ac != 1) { \
          lay_out(n, from, (const char *)x, ac * (long)sizeof(T), sizeof(T)); \
          x = from; \
        } \
        row_exp_sub_##S(whole, y, x, shift); \
        if (whole < n) { \
          memset(pad, 0, sizeof pad); \
          memcpy(pad, x + whole, (n - whole) * sizeof(T)); \
          row_exp_sub_##S(DLC_BLOCK, pad, pad, shift); \
          memcpy(y + whole, pad, (n - whole) * sizeof(T)); \
        } \
        sum_lanes_##S(acc, n, y); \
      } \
      sum[r * ss] = sum_fold_##S(acc); \
    } \
  }

EXP_SUB_SUM(f32, float, wide_f32)
EXP_SUB_SUM(f64, double, wide_f64)

#define PICK_ROWS(S, T, I, label_type) \
  static void k_pick_rows_##S##_##I( \
    long rows, long cols, T *d, long ds, const T *a, long as, long ac, const label_type *label, \
    long ls, long lc \
  ) { \
    (void)lc; \
    for (long r = 0; r < rows; r++) { \
      const label_type c = label[r * ls]; \
      d[r * ds] = c >= 0 && c < cols ? a[r * as + c * ac] : 0; \
    } \
  }

#define PICK_SUB_ROWS(S, T, I, label_type) \
  static void k_pick_sub_rows_##S##_##I( \
    long rows, long cols, T *d, long ds, const T *a, long as, long ac, const T *b, long bs, \
    long bc, const label_type *label, long ls, long lc \
  ) { \
    (void)bc, (void)lc; \
    for (long r = 0; r < rows; r++) { \
      const label_type c = label[r * ls]; \
      d[r * ds] = c >= 0 && c < cols ? a[r * as + c * ac] - b[r * bs] : 0; \
    } \
  }

#define MULADD_AT(S, T, I, label_type) \
  static void k_muladd_at_##S##_##I( \
    long rows, long cols, T *d, long ds, const T *a, long as, long ac, const T *b, long bs, \
    long bc, const T *c, long cs, long cc, const label_type *label, long ls, long lc \
  ) { \
    (void)cc, (void)lc; \
    for (long r = 0; r < rows; r++) { \
      const label_type at = label[r * ls]; \
      const int is_column = at >= 0 && at < cols; \
      T sum = 0; \
      if (is_column) sum = a[r * as + at * ac] * b[r * bs + at * bc] + c[r * cs]; \
      k_mul_##S(1, cols, d + r * ds, ds, a + r * as, 0, ac, b + r * bs, 0, bc); \
      if (is_column) d[r * ds + at] = sum; \
    } \
  }

#define AT_LABELS(X) \
  X(f32, float, i32, int32_t) X(f32, float, i64, int64_t) \
  X(f64, double, i32, int32_t) X(f64, double, i64, int64_t)

AT_LABELS(PICK_ROWS)
AT_LABELS(PICK_SUB_ROWS)
AT_LABELS(MULADD_AT)
