// A matrix times one column, the products of gemm.h with a single column of B, which is contiguous:
//
//   c[r1 cr1 + r cr] = start[r1 sr1 + r sr] + sum over p2, p1, p of
//       A[r1 ar1 + r ar + p2 a2 + p1 a1 + p a] b[p2 b2 + p1 b1 + p b]
//
// In a register tile for matrices one column would fill one lane of a vector. Here the lanes go along
// the sum, where its elements lie side by side in A (a = b = 1), or along the rows, where those do
// (ar = 1), four sums at a time to hide the latency of the multiply-adds. An element's sum is so
// split by its length alone, however rows are split over calls. Anything else is a matrix product.

#if !DLC_PORTABLE
#define GEMV_DOTS 8
#define GEMV_SUMS 4
#define GEMV_VECTORS 2

// A column of A, from on, times an element of b, added to the sums of v vectors of rows.
#define GEMV_STEP(S, T, vec, lanes, sums) \
  do { \
    const vec x = (vec)(*by); \
    DLC_UNROLL for (int j = 0; j < v; j++) { \
      const T *rows = from + j * lanes; \
      const vec y = part && j == v - 1 ? load_part_##S(rows, mask) : *(const vec *)rows; \
      (sums)[j] = x * y + (sums)[j]; \
    } \
  } while (0)

#define GEMV_PARTS(S, T, vec, lanes) \
  /* m rows; a row's elements are lanes that are added up at the end. */ \
  DLC_INLINE void dots_##S( \
    const int m, const dlc_gemm_shape *g, const T *a, const T *b, const T *start, long sr, T *c, \
    int relu \
  ) { \
    vec acc[GEMV_DOTS]; \
    DLC_UNROLL for (int i = 0; i < m; i++) acc[i] = (vec)(0); \
    const long whole = g->k - g->k % lanes, ar = g->ar; \
    const mask_##S mask = mask_of_##S(g->k - whole); \
    for (long p2 = 0; p2 < g->k2; p2++) \
      for (long p1 = 0; p1 < g->k1; p1++) { \
        const T *from = a + p2 * g->a2 + p1 * g->a1, *by = b + p2 * g->b2 + p1 * g->b1; \
        for (long p = 0; p < whole; p += lanes) { \
          const vec y = *(const vec *)(by + p); \
          DLC_UNROLL for (int i = 0; i < m; i++) \
            acc[i] = *(const vec *)(from + i * ar + p) * y + acc[i]; \
        } \
        if (whole == g->k) continue; \
        const vec y = load_part_##S(by + whole, mask); \
        DLC_UNROLL for (int i = 0; i < m; i++) \
          acc[i] = load_part_##S(from + i * ar + whole, mask) * y + acc[i]; \
      } \
    DLC_UNROLL for (int i = 0; i < m; i++) { \
      T t[lanes]; \
      *(vec *)t = acc[i]; \
      DLC_UNROLL for (int half = lanes / 2; half > 0; half /= 2) \
        for (int l = 0; l < half; l++) t[l] += t[l + half]; \
      const T sum = start ? start[i * sr] + t[0] : t[0]; \
      c[i * g->cr] = relu && sum < 0 ? 0 : sum; \
    } \
  } \
  /* Rows along the lanes of v vectors, the last one of n rows where part is set. */ \
  DLC_INLINE void axpys_##S( \
    const int v, const int part, const dlc_gemm_shape *g, long n, const T *a, const T *b, \
    const T *start, long sr, T *c, int relu \
  ) { \
    const mask_##S mask = mask_of_##S(n); \
    vec acc[GEMV_SUMS][GEMV_VECTORS]; \
    DLC_UNROLL for (int q = 0; q < GEMV_SUMS; q++) \
      DLC_UNROLL for (int j = 0; j < v; j++) acc[q][j] = (vec)(0); \
    const long ak = g->a, bk = g->b, k = g->k; \
    for (long p2 = 0; p2 < g->k2; p2++) \
      for (long p1 = 0; p1 < g->k1; p1++) { \
        const T *from = a + p2 * g->a2 + p1 * g->a1, *by = b + p2 * g->b2 + p1 * g->b1; \
        long p = 0; \
        for (; p + GEMV_SUMS <= k; p += GEMV_SUMS) \
          DLC_UNROLL for (int q = 0; q < GEMV_SUMS; q++, from += ak, by += bk) \
            GEMV_STEP(S, T, vec, lanes, acc[q]); \
        for (; p < k; p++, from += ak, by += bk) GEMV_STEP(S, T, vec, lanes, acc[0]); \
      } \
    DLC_UNROLL for (int j = 0; j < v; j++) { \
      T t[lanes]; \
      *(vec *)t = (acc[0][j] + acc[1][j]) + (acc[2][j] + acc[3][j]); \
      const long rows = part && j == v - 1 ? n : lanes; \
      for (long l = 0; l < rows; l++) { \
        const long i = j * lanes + l; \
        const T sum = start ? start[i * sr] + t[l] : t[l]; \
        c[i * g->cr] = relu && sum < 0 ? 0 : sum; \
      } \
    } \
  } \
  static void rows_by_dots_##S( \
    const dlc_gemm_shape *g, long rows, const T *a, const T *b, const T *start, long sr, T *c, \
    int relu \
  ) { \
    for (long r = 0; r < rows;) { \
      const T *from = a + r * g->ar, *first = start ? start + r * sr : 0; \
      const int m = rows - r >= GEMV_DOTS ? GEMV_DOTS : 1; \
      if (m == GEMV_DOTS) \
        dots_##S(GEMV_DOTS, g, from, b, first, sr, c + r * g->cr, relu); \
      else \
        dots_##S(1, g, from, b, first, sr, c + r * g->cr, relu); \
      r += m; \
    } \
  } \
  static void rows_by_axpys_##S( \
    const dlc_gemm_shape *g, long rows, const T *a, const T *b, const T *start, long sr, T *c, \
    int relu \
  ) { \
    const long width = GEMV_VECTORS * lanes; \
    for (long r = 0; r < rows; r += width) { \
      const T *from = a + r, *first = start ? start + r * sr : 0; \
      T *to = c + r * g->cr; \
      const long n = rows - r; \
      if (n >= width) \
        axpys_##S(GEMV_VECTORS, 0, g, 0, from, b, first, sr, to, relu); \
      else if (n >= lanes) \
        axpys_##S(GEMV_VECTORS, 1, g, n - lanes, from, b, first, sr, to, relu); \
      else \
        axpys_##S(1, 1, g, n, from, b, first, sr, to, relu); \
    } \
  }
#endif

// The signature; in plain C, which has no lanes to fill, the matrix product itself.
#define GEMV_HEAD(S, T) \
  static void k_brgemv_##S( \
    const dlc_gemm_shape *g, long rows1, long rows, const T *a, const T *b, const T *start, \
    long sr1, long sr, T *c, int relu \
  )
#define GEMV_AS_PRODUCT(S) k_brgemm_add_##S(g, rows1, rows, 1, a, b, start, sr1, sr, c, relu, 0);

#if DLC_PORTABLE
#define GEMV(S, T, vec, lanes) GEMV_HEAD(S, T) { GEMV_AS_PRODUCT(S) }
#else
#define GEMV(S, T, vec, lanes) \
  GEMV_PARTS(S, T, vec, lanes) \
  GEMV_HEAD(S, T) { \
    long k[3] = {g->k2, g->k1, g->k}, s[3] = {g->a2, g->a1, g->a}, t[3] = {g->b2, g->b1, g->b}; \
    join_axes(k, s, t); \
    const dlc_gemm_shape joined = {k[0],   k[1],   k[2],   s[0],  s[1], s[2], \
                                   t[0],   t[1],   t[2],   g->ar1, g->cr1, g->ar, g->cr}; \
    const int is_along = joined.a == 1 && joined.b == 1; \
    if (is_along || joined.ar == 1) { \
      for (long r1 = 0; r1 < rows1; r1++) \
        (is_along ? rows_by_dots_##S : rows_by_axpys_##S)( \
          &joined, rows, a + r1 * g->ar1, b, start ? start + r1 * sr1 : 0, sr, c + r1 * g->cr1, \
          relu); \
      return; \
    } \
    GEMV_AS_PRODUCT(S) \
  }
#endif

GEMV(f32, float, vec_f32, (DLC_VECTOR_BYTES / 4))
GEMV(f64, double, vec_f64, (DLC_VECTOR_BYTES / 8))
