// Matrix product C[rows x cols] (+)= A[rows x k] B[k x cols] on register tiles.
//
// A lies anywhere, by element strides ar (row) and ak: ak = 1 for a row-major A, ar = 1 for a
// transposed one. B comes packed in a panel, panel[p * nr + j], zeros beyond cols, or directly with
// contiguous rows. A tile of mr x nr accumulators stays in registers over all of k, one broadcast
// element of A times nr / lanes vectors of B at a time (Goto and van de Geijn, "Anatomy of
// High-Performance Matrix Multiplication", 2008). Every element is the chain
//   c = (accumulate ? c : 0);  for p: c = fma(a[p], b[p], c)
// so results do not depend on how rows, columns or k are split over calls (plain rounds twice).

#define GEMM_PACK 64
#define GEMM_UNROLL _Pragma("clang loop unroll(full)")

// m is a constant at every call: the loops over it and over the vectors unroll into registers.
#define GEMM(S, T, W, vec, lanes, mr, nv) \
  typedef DLC_WIDE(T, lanes) vec; \
  static inline __attribute__((always_inline)) void tile_##S( \
    const int m, long k, const T *a, long ar, long ak, const T *b, long bk, T *c, long cr, \
    int accumulate \
  ) { \
    vec acc[mr][nv]; \
    GEMM_UNROLL for (int i = 0; i < m; i++) \
      GEMM_UNROLL for (int j = 0; j < nv; j++) \
        acc[i][j] = accumulate ? *(const vec *)(c + i * cr + j * lanes) : (vec)(0); \
    for (long p = 0; p < k; p++) { \
      GEMM_UNROLL for (int i = 0; i < m; i++) { \
        const vec x = (vec)(a[i * ar]); \
        GEMM_UNROLL for (int j = 0; j < nv; j++) \
          acc[i][j] = x * *(const vec *)(b + j * lanes) + acc[i][j]; \
      } \
      a += ak; \
      b += bk; \
    } \
    GEMM_UNROLL for (int i = 0; i < m; i++) \
      GEMM_UNROLL for (int j = 0; j < nv; j++) *(vec *)(c + i * cr + j * lanes) = acc[i][j]; \
  } \
  GEMM_TILES(S, T) \
  /* Full panels of nr columns; rows in as few tiles as mr allows, all of about the same height. */ \
  static void gemm_full_##S( \
    long rows, long k, const T *a, long ar, long ak, const T *b, long bk, T *c, long cr, \
    int accumulate \
  ) { \
    for (long tiles = (rows + mr - 1) / mr; tiles > 0; tiles--) { \
      const long m = (rows + tiles - 1) / tiles; \
      tile_rows_##S((int)m, k, a, ar, ak, b, bk, c, cr, accumulate); \
      rows -= m, a += m * ar, c += m * cr; \
    } \
  } \
  static void k_pack_b_##S(long k, long cols, T *panel, const T *b, long bk, long bn) { \
    const long nr = (lanes) * (nv); \
    if (cols == nr && bn == 1) { \
      for (long p = 0; p < k; p++, panel += nr, b += bk) \
        GEMM_UNROLL for (int j = 0; j < nv; j++) \
          *(vec *)(panel + j * lanes) = *(const vec *)(b + j * lanes); \
      return; \
    } \
    if (cols < nr) memset(panel, 0, k * nr * sizeof(T)); \
    k_copy_##W(k, cols, (void *)panel, nr, 1, (const void *)b, bk, bn); \
  } \
  static void k_gemm_##S( \
    long rows, long cols, long k, const T *a, long ar, long ak, const T *panel, T *c, long cr, \
    int accumulate \
  ) { \
    const long nr = (lanes) * (nv); \
    if (cols == nr) { \
      gemm_full_##S(rows, k, a, ar, ak, panel, nr, c, cr, accumulate); \
      return; \
    } \
    T part[mr][(lanes) * (nv)]; \
    for (long r = 0; r < rows; r += mr) { \
      const long m = rows - r < mr ? rows - r : mr; \
      for (long i = 0; accumulate && i < m; i++) \
        memcpy(part[i], c + (r + i) * cr, cols * sizeof(T)); \
      gemm_full_##S(m, k, a + r * ar, ar, ak, panel, nr, part[0], nr, accumulate); \
      for (long i = 0; i < m; i++) memcpy(c + (r + i) * cr, part[i], cols * sizeof(T)); \
    } \
  } \
  static void k_gemm_direct_##S( \
    long rows, long cols, long k, const T *a, long ar, long ak, const T *b, long bk, T *c, \
    long cr, int accumulate \
  ) { \
    const long nr = (lanes) * (nv); \
    long j = 0; \
    for (; j + nr <= cols; j += nr) \
      gemm_full_##S(rows, k, a, ar, ak, b + j, bk, c + j, cr, accumulate); \
    if (j == cols) return; \
    /* The last columns cannot be read a full panel wide: they are packed piece by piece. */ \
    T panel[GEMM_PACK * (lanes) * (nv)]; \
    long p = 0; \
    do { \
      const long n = k - p < GEMM_PACK ? k - p : GEMM_PACK; \
      k_pack_b_##S(n, cols - j, panel, b + p * bk + j, bk, 1); \
      k_gemm_##S(rows, cols - j, n, a + p * ak, ar, ak, panel, c + j, cr, accumulate || p > 0); \
      p += n; \
    } while (p < k); \
  } \
  static const dlc_tile tile_size_##S = {mr, (lanes) * (nv)};

#define GEMM_CASE(S, rows) \
  case rows: \
    tile_##S(rows, k, a, ar, ak, b, bk, c, cr, accumulate); \
    break;

#define GEMM_TILES(S, T) \
  static __attribute__((noinline)) void tile_rows_##S( \
    int m, long k, const T *a, long ar, long ak, const T *b, long bk, T *c, long cr, \
    int accumulate \
  ) { \
    switch (m) { GEMM_ROW_CASES(S) } \
  }

#if DLC_GEMM_ROWS == 14
#define GEMM_ROW_CASES(S) \
  GEMM_CASE(S, 1) GEMM_CASE(S, 2) GEMM_CASE(S, 3) GEMM_CASE(S, 4) GEMM_CASE(S, 5) \
  GEMM_CASE(S, 6) GEMM_CASE(S, 7) GEMM_CASE(S, 8) GEMM_CASE(S, 9) GEMM_CASE(S, 10) \
  GEMM_CASE(S, 11) GEMM_CASE(S, 12) GEMM_CASE(S, 13) GEMM_CASE(S, 14)
#elif DLC_GEMM_ROWS == 8
#define GEMM_ROW_CASES(S) \
  GEMM_CASE(S, 1) GEMM_CASE(S, 2) GEMM_CASE(S, 3) GEMM_CASE(S, 4) GEMM_CASE(S, 5) \
  GEMM_CASE(S, 6) GEMM_CASE(S, 7) GEMM_CASE(S, 8)
#elif DLC_GEMM_ROWS == 6
#define GEMM_ROW_CASES(S) \
  GEMM_CASE(S, 1) GEMM_CASE(S, 2) GEMM_CASE(S, 3) GEMM_CASE(S, 4) GEMM_CASE(S, 5) GEMM_CASE(S, 6)
#else
#define GEMM_ROW_CASES(S) GEMM_CASE(S, 1) GEMM_CASE(S, 2) GEMM_CASE(S, 3) GEMM_CASE(S, 4)
#endif

GEMM(f32, float, 32, vec_f32, DLC_VECTOR_BYTES / 4, DLC_GEMM_ROWS, DLC_GEMM_VECTORS)
GEMM(f64, double, 64, vec_f64, DLC_VECTOR_BYTES / 8, DLC_GEMM_ROWS, DLC_GEMM_VECTORS)

#define MATMUL_PLAIN(S, T) \
  static void k_matmul_plain_##S( \
    long rows, long cols, long k, const T *a, long ar, long ak, const T *b, long bk, long bn, \
    T *c, long cr, int accumulate \
  ) { \
    for (long r = 0; r < rows; r++) \
      for (long j = 0; j < cols; j++) { \
        T sum = accumulate ? c[r * cr + j] : 0; \
        for (long p = 0; p < k; p++) sum += a[r * ar + p * ak] * b[p * bk + j * bn]; \
        c[r * cr + j] = sum; \
      } \
  }

MATMUL_PLAIN(i32, uint32_t)
MATMUL_PLAIN(i64, uint64_t)

// Twelve chains of multiply-adds, enough to fill two units of four cycles' latency.
static void fma_chains(long count) {
  vec_f32 acc[12], x = (vec_f32)(0.5f), y = (vec_f32)(1.0f);
  for (int i = 0; i < 12; i++) acc[i] = (vec_f32)((float)i);
  for (long n = 0; n < count; n++) {
    for (int i = 0; i < 12; i++) acc[i] = acc[i] * x + y;
    __asm__ volatile("" : : "r"(n) : );
  }
  vec_f32 sum = acc[0];
  for (int i = 1; i < 12; i++) sum += acc[i];
  float kept[DLC_VECTOR_BYTES / 4];
  *(vec_f32 *)kept = sum;
  __asm__ volatile("" : : "r"(kept) : "memory");
}
