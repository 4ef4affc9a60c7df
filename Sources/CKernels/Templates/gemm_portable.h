// The products of gemm.h in plain C. Compilers that do not keep an array of accumulators in
// registers make vector loops of this: four rows of C at a time, to which four rows of B are added in
// one pass, so that each is loaded once for four multiply-adds. The chain of every element is gemm.h's.

#define GEMM(S, T) \
  /* Four rows of C, GEMM_COLUMNS apart, plus four steps of the sum: row i of A at a + i ar. */ \
  static void add_4x4_##S( \
    long n, T *c, const T *a, long ar, long ak, const T *b, long bk \
  ) { \
    const long row = GEMM_COLUMNS(T); \
    const T *b1 = b + bk, *b2 = b1 + bk, *b3 = b2 + bk; \
    const T *a1 = a + ar, *a2 = a1 + ar, *a3 = a2 + ar; \
    T *c1 = c + row, *c2 = c1 + row, *c3 = c2 + row; \
    const T p0 = a[0], p1 = a[ak], p2 = a[2 * ak], p3 = a[3 * ak]; \
    const T q0 = a1[0], q1 = a1[ak], q2 = a1[2 * ak], q3 = a1[3 * ak]; \
    const T r0 = a2[0], r1 = a2[ak], r2 = a2[2 * ak], r3 = a2[3 * ak]; \
    const T s0 = a3[0], s1 = a3[ak], s2 = a3[2 * ak], s3 = a3[3 * ak]; \
    DLC_LOOP for (long j = 0; j < n; j++) { \
      const T x = b[j], y = b1[j], z = b2[j], w = b3[j]; \
      c[j] = c[j] + p0 * x + p1 * y + p2 * z + p3 * w; \
      c1[j] = c1[j] + q0 * x + q1 * y + q2 * z + q3 * w; \
      c2[j] = c2[j] + r0 * x + r1 * y + r2 * z + r3 * w; \
      c3[j] = c3[j] + s0 * x + s1 * y + s2 * z + s3 * w; \
    } \
  } \
  static void add_4x1_##S(long n, T *c, const T *a, long ar, const T *b) { \
    const long row = GEMM_COLUMNS(T); \
    T *c1 = c + row, *c2 = c1 + row, *c3 = c2 + row; \
    const T p = a[0], q = a[ar], r = a[2 * ar], s = a[3 * ar]; \
    DLC_LOOP for (long j = 0; j < n; j++) { \
      const T x = b[j]; \
      c[j] = c[j] + p * x; \
      c1[j] = c1[j] + q * x; \
      c2[j] = c2[j] + r * x; \
      c3[j] = c3[j] + s * x; \
    } \
  } \
  static void add_1x4_##S(long n, T *c, const T *a, long ak, const T *b, long bk) { \
    const T *b1 = b + bk, *b2 = b1 + bk, *b3 = b2 + bk; \
    const T p0 = a[0], p1 = a[ak], p2 = a[2 * ak], p3 = a[3 * ak]; \
    DLC_LOOP for (long j = 0; j < n; j++) \
      c[j] = c[j] + p0 * b[j] + p1 * b1[j] + p2 * b2[j] + p3 * b3[j]; \
  } \
  static void add_1x1_##S(long n, T *c, const T *a, const T *b) { \
    const T p = a[0]; \
    DLC_LOOP for (long j = 0; j < n; j++) c[j] = c[j] + p * b[j]; \
  } \
  /* m = 4 or 1 rows of n <= GEMM_COLUMNS columns. */ \
  static void tile_##S( \
    const dlc_gemm_shape *g, int m, long n, const T *a, const T *b, const T *start, long sr, T *c, \
    int relu \
  ) { \
    T acc[4 * GEMM_COLUMNS(T)]; \
    for (int i = 0; i < m; i++) { \
      T *row = acc + i * GEMM_COLUMNS(T); \
      for (long j = 0; j < n; j++) row[j] = start ? start[i * sr + j] : 0; \
    } \
    for (long p2 = 0; p2 < g->k2; p2++) \
      for (long p1 = 0; p1 < g->k1; p1++) { \
        const T *from = a + p2 * g->a2 + p1 * g->a1, *by = b + p2 * g->b2 + p1 * g->b1; \
        const long whole = g->k & -4; \
        for (long p = 0; p < whole; p += 4) { \
          const T *left = from + p * g->a, *right = by + p * g->b; \
          if (m == 4) \
            add_4x4_##S(n, acc, left, g->ar, g->a, right, g->b); \
          else \
            add_1x4_##S(n, acc, left, g->a, right, g->b); \
        } \
        from += whole * g->a, by += whole * g->b; \
        for (int left = (int)(g->k - whole); left > 0; left--, from += g->a, by += g->b) { \
          if (m == 4) \
            add_4x1_##S(n, acc, from, g->ar, by); \
          else \
            add_1x1_##S(n, acc, from, by); \
        } \
      } \
    for (int i = 0; i < m; i++) { \
      const T *row = acc + i * GEMM_COLUMNS(T); \
      T *to = c + i * g->cr; \
      if (relu) \
        for (long j = 0; j < n; j++) to[j] = row[j] < 0 ? 0 : row[j]; \
      else \
        for (long j = 0; j < n; j++) to[j] = row[j]; \
    } \
  } \
  static void k_brgemm_add_##S( \
    const dlc_gemm_shape *g, long rows1, long rows, long cols, const T *a, const T *b, \
    const T *start, long sr1, long sr, T *c, int relu, const dlc_ahead *ahead \
  ) { \
    (void)ahead; \
    long k[3] = {g->k2, g->k1, g->k}, s[3] = {g->a2, g->a1, g->a}, t[3] = {g->b2, g->b1, g->b}; \
    join_axes(k, s, t); \
    const dlc_gemm_shape joined = {k[0],   k[1],   k[2],   s[0],  s[1], s[2], \
                                   t[0],   t[1],   t[2],   g->ar1, g->cr1, g->ar, g->cr}; \
    for (long j = 0; j < cols; j += GEMM_COLUMNS(T)) { \
      const long n = cols - j < GEMM_COLUMNS(T) ? cols - j : GEMM_COLUMNS(T); \
      for (long r1 = 0; r1 < rows1; r1++) { \
        const T *from = a + r1 * g->ar1, *first = start ? start + r1 * sr1 + j : 0; \
        T *to = c + r1 * g->cr1 + j; \
        for (long r = 0; r < rows;) { \
          const int m = rows - r >= 4 ? 4 : 1; \
          tile_##S( \
            &joined, m, n, from + r * g->ar, b + j, first ? first + r * sr : 0, sr, \
            to + r * g->cr, relu); \
          r += m; \
        } \
      } \
    } \
  } \
  static void k_brgemm_##S( \
    const dlc_gemm_shape *g, long rows1, long rows, long cols, const T *a, const T *b, T *c, \
    int accumulate \
  ) { \
    k_brgemm_add_##S(g, rows1, rows, cols, a, b, accumulate ? c : 0, g->cr1, g->cr, c, 0, 0); \
  } \
  static void k_gemm_direct_##S( \
    long rows, long cols, long k, const T *a, long ar, long ak, const T *b, long bk, T *c, \
    long cr, int accumulate, const dlc_ahead *ahead \
  ) { \
    const dlc_gemm_shape g = {1, 1, k, 0, 0, ak, 0, 0, bk, 0, 0, ar, cr}; \
    k_brgemm_add_##S(&g, 1, rows, cols, a, b, accumulate ? c : 0, 0, cr, c, 0, ahead); \
  } \
  static void k_gemm_##S( \
    long rows, long cols, long k, const T *a, long ar, long ak, const T *panel, T *c, long cr, \
    int accumulate \
  ) { \
    k_gemm_direct_##S(rows, cols, k, a, ar, ak, panel, GEMM_COLUMNS(T), c, cr, accumulate, 0); \
  }

GEMM(f32, float)
GEMM(f64, double)

#if !DLC_CARRIED
static const dlc_tile tile_size_f32 = {4, GEMM_COLUMNS(float), DLC_VECTOR_BYTES / 4};
static const dlc_tile tile_size_f64 = {4, GEMM_COLUMNS(double), DLC_VECTOR_BYTES / 8};

// Twelve chains of multiply-adds to measure; see gemm_vector.h.
static void fma_chains(long count) {
  float acc[3 * DLC_VECTOR_BYTES], x = 0.5f, y = 1.0f;
  __asm__ volatile("" : "+m"(x), "+m"(y));
  for (int i = 0; i < 3 * DLC_VECTOR_BYTES; i++) acc[i] = (float)(i + 3);
  for (long n = 0; n < count; n++) {
    DLC_LOOP for (int i = 0; i < 3 * DLC_VECTOR_BYTES; i++) acc[i] = acc[i] * x + y;
  }
  __asm__ volatile("" : : "r"(acc) : "memory");
}
#endif
