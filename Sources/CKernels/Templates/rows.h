// Functions of whole rows, which stay in cache between the steps; n = cols, mean over the row.
//
//   normalize           d = (x - mean(x)) / sqrt(variance(x) + eps)
//   normalize_gradient  d = (g - mean(g) - y mean(g y)) / sqrt(variance(x) + eps),
//                       y = normalize(x): the gradient of x, that of y being g
//
// The result may be in an operand's place. A row that is not contiguous is laid out first, so it
// has at most DLC_LONGEST_ROW elements.

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
