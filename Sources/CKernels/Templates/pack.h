// Packing of the right side of a product into a panel of rows of one width, zeros beyond cols:
//
//   panel[((p2 * k1 + p1) * k + p) * width + j] = b[p2 * b2 + p1 * b1 + p * b + j * bn],  j < cols
//
// Fast where the columns are contiguous (bn = 1: vectors are moved) and where one reduction axis is
// (its stride is 1: blocks are transposed in registers).

// Joins reduction axes (outermost first) that are one in memory, in both strides s and t; the inner
// places are filled first, the others get size 1. The order of the elements stays.
static inline void join_axes(long k[3], long s[3], long t[3]) {
  int at = 2;
  for (int i = 1; i >= 0; i--) {
    if (k[i] == 1) continue;
    if (k[at] != 1 && s[i] == k[at] * s[at] && t[i] == k[at] * t[at]) {
      k[at] *= k[i];
      continue;
    }
    if (k[at] != 1) at--;
    k[at] = k[i], s[at] = s[i], t[at] = t[i];
  }
  for (int i = 0; i < at; i++) k[i] = 1;
}

#if DLC_PORTABLE
#define PACK_COLUMNS(T) GEMM_COLUMNS(T)
#define PACK_ROWS(S, T, W, vec, lanes) \
  static void pack_rows_##S( \
    long k, long step, long width, long cols, T *panel, const T *b, long bk, long bn \
  ) { \
    for (long p = 0; cols < width && p < k; p++) \
      for (long j = cols; j < width; j++) panel[p * step + j] = 0; \
    k_copy_##W(k, cols, panel, step, 1, b, bk, bn); \
  }
#else
#define PACK_COLUMNS(T) (DLC_GEMM_VECTORS * DLC_VECTOR_BYTES / (long)sizeof(T))
#define PACK_ROWS(S, T, W, vec, lanes) \
  /* One row: cols elements of b, then zeros. */ \
  DLC_INLINE void pack_row_##S(long width, long cols, T *panel, const T *b) { \
    long j = 0; \
    for (; j + lanes <= cols; j += lanes) *(vec *)(panel + j) = *(const vec *)(b + j); \
    if (j < width) { \
      const vec x = load_part_##S(b + j, mask_of_##S(cols - j)); \
      const long n = width - j < lanes ? width - j : lanes; \
      store_part_##S(panel + j, mask_of_##S(n), x); \
      j += n; \
    } \
    for (; j < width; j++) panel[j] = 0; \
  } \
  static void pack_rows_##S( \
    long k, long step, long width, long cols, T *panel, const T *b, long bk, long bn \
  ) { \
    if (bn == 1 && width == cols && width == 2 * lanes) \
      for (long p = 0; p < k; p++, panel += step, b += bk) \
        for (int j = 0; j < 2 * lanes; j += lanes) *(vec *)(panel + j) = *(const vec *)(b + j); \
    else if (bn == 1) \
      for (long p = 0; p < k; p++) pack_row_##S(width, cols, panel + p * step, b + p * bk); \
    else { \
      for (long p = 0; cols < width && p < k; p++) \
        memset(panel + p * step + cols, 0, (width - cols) * sizeof(T)); \
      k_copy_##W(k, cols, (void *)panel, step, 1, (const void *)b, bk, bn); \
    } \
  }
#endif

#define PACK(S, T, W, vec, lanes) \
  PACK_ROWS(S, T, W, vec, lanes) \
  static void k_brpack_b_##S(const dlc_pack_shape *g, long cols, T *panel, const T *b) { \
    long n[3] = {g->k2, g->k1, g->k}, from[3] = {g->b2, g->b1, g->b}; \
    long to[3] = {g->k1 * g->k * g->width, g->k * g->width, g->width}; \
    join_axes(n, from, to); \
    /* A transpose wants the axis of stride 1 inside; the panel's rows may come in any order. */ \
    for (int i = 0; i < 2; i++) \
      if (g->bn != 1 && from[i] == 1 && n[i] > n[2]) { \
        const long m = n[i], s = from[i], t = to[i]; \
        n[i] = n[2], from[i] = from[2], to[i] = to[2]; \
        n[2] = m, from[2] = s, to[2] = t; \
      } \
    for (long p2 = 0; p2 < n[0]; p2++) \
      for (long p1 = 0; p1 < n[1]; p1++) \
        pack_rows_##S( \
          n[2], to[2], g->width, cols, panel + p2 * to[0] + p1 * to[1], \
          b + p2 * from[0] + p1 * from[1], from[2], g->bn); \
  } \
  static void k_pack_b_##S(long k, long cols, T *panel, const T *b, long bk, long bn) { \
    const long nr = PACK_COLUMNS(T); \
    pack_rows_##S(k, nr, nr, cols, panel, b, bk, bn); \
  }

PACK(f32, float, 32, vec_f32, (DLC_VECTOR_BYTES / 4))
PACK(f64, double, 64, vec_f64, (DLC_VECTOR_BYTES / 8))
