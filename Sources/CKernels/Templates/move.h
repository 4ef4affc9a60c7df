// Kernels that move elements of 1, 4 or 8 bytes without looking at them, and the indexed ones.
//
//   copy         d[r][c] = a[r][c], any strides on both sides
//   fill         d[r][c] = *value
//   gather       d[r][c] = table[index[r]][c]; returns how many indices were out of range
//   scatter_add  d[index[r]][c] += a[r][c], row after row; returns the same: the adjoint of gather
//   scatter      d[index[r]][c] = a[r][c], row after row: the last one stays; scatter_mul, _min and
//                _max combine with what is there
//   iota         d[r][c] = start + r row_step + c col_step, in 64-bit integers
//
// A table has `limit` rows; an index i < 0 means limit + i. Both clamp what is out of range; from an
// empty table gather takes zeros.

#if DLC_PORTABLE
#define TRANSPOSE_BLOCK(W, T, block) \
  static inline void transpose_block_##W(T *d, long ds, const T *a, long as) { \
    for (int i = 0; i < block; i++) \
      for (int j = 0; j < block; j++) d[i * ds + j] = a[j * as + i]; \
  }
TRANSPOSE_BLOCK(32, DLC_BITS32, 8)
TRANSPOSE_BLOCK(64, DLC_BITS64, 4)
#else
typedef uint32_t v8u32 __attribute__((ext_vector_type(8), aligned(4)));
typedef uint64_t v4u64 __attribute__((ext_vector_type(4), aligned(8)));

// d[i][j] = a[j][i] for 8 x 8 elements of 4 bytes: pairs of rows, then of pairs, then of halves.
static inline __attribute__((always_inline)) void transpose_block_32(
  uint32_t *d, long ds, const uint32_t *a, long as
) {
  v8u32 x[8], t[8], u[8];
  for (int i = 0; i < 8; i++) x[i] = *(const v8u32 *)(a + i * as);
  for (int i = 0; i < 4; i++) {
    t[2 * i] = DLC_SHUFFLE(x[2 * i], x[2 * i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    t[2 * i + 1] = DLC_SHUFFLE(x[2 * i], x[2 * i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (int h = 0; h < 8; h += 4) {
    u[h] = DLC_SHUFFLE(t[h], t[h + 2], 0, 1, 8, 9, 4, 5, 12, 13);
    u[h + 1] = DLC_SHUFFLE(t[h], t[h + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    u[h + 2] = DLC_SHUFFLE(t[h + 1], t[h + 3], 0, 1, 8, 9, 4, 5, 12, 13);
    u[h + 3] = DLC_SHUFFLE(t[h + 1], t[h + 3], 2, 3, 10, 11, 6, 7, 14, 15);
  }
  for (int i = 0; i < 4; i++) {
    *(v8u32 *)(d + i * ds) = DLC_SHUFFLE(u[i], u[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    *(v8u32 *)(d + (i + 4) * ds) = DLC_SHUFFLE(u[i], u[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

static inline __attribute__((always_inline)) void transpose_block_64(
  uint64_t *d, long ds, const uint64_t *a, long as
) {
  v4u64 x[4], t[4];
  for (int i = 0; i < 4; i++) x[i] = *(const v4u64 *)(a + i * as);
  for (int i = 0; i < 4; i += 2) {
    t[i] = DLC_SHUFFLE(x[i], x[i + 1], 0, 4, 2, 6);
    t[i + 1] = DLC_SHUFFLE(x[i], x[i + 1], 1, 5, 3, 7);
  }
  for (int i = 0; i < 2; i++) {
    *(v4u64 *)(d + i * ds) = DLC_SHUFFLE(t[i], t[i + 2], 0, 1, 4, 5);
    *(v4u64 *)(d + (i + 2) * ds) = DLC_SHUFFLE(t[i], t[i + 2], 2, 3, 6, 7);
  }
}
#endif

static inline void transpose_block_8(uint8_t *d, long ds, const uint8_t *a, long as) {
  for (int i = 0; i < 8; i++)
    for (int j = 0; j < 8; j++) d[i * ds + j] = a[j * as + i];
}

// `block` is the side of the SIMD transpose; 4 blocks a side keep both sides within L1.
#define COPY(W, T, block) \
  static void transpose_##W(long rows, long cols, T *d, long ds, const T *a, long ac) { \
    for (long r0 = 0; r0 < rows; r0 += 4 * block) \
      for (long c0 = 0; c0 < cols; c0 += 4 * block) \
        for (long r = r0; r < r0 + 4 * block && r < rows; r += block) \
          for (long c = c0; c < c0 + 4 * block && c < cols; c += block) { \
            T *to = d + r * ds + c; \
            const T *from = a + r + c * ac; \
            if (r + block <= rows && c + block <= cols) { \
              transpose_block_##W(to, ds, from, ac); \
              continue; \
            } \
            for (long i = 0; i < block && r + i < rows; i++) \
              for (long j = 0; j < block && c + j < cols; j++) to[i * ds + j] = from[i + j * ac]; \
          } \
  } \
  static void k_copy_##W( \
    long rows, long cols, void *result, long ds, long dc, const void *source, long as, long ac \
  ) { \
    T *d = result; \
    const T *a = source; \
    if (rows <= 0 || cols <= 0) return; \
    if (dc != 1 && (ds == 1 || cols == 1)) { \
      const long n = rows, s = ds, t = as; \
      rows = cols, cols = n, ds = dc, dc = s, as = ac, ac = t; \
    } \
    if (dc == 1 && as == 1 && ac != 1 && rows > 1) { \
      transpose_##W(rows, cols, d, ds, a, ac); \
      return; \
    } \
    if (dc == 1 && ac == 1 && ds == cols && as == cols) cols *= rows, rows = 1; \
    for (long r = 0; r < rows; r++) { \
      T *to = d + r * ds; \
      const T *from = a + r * as; \
      if (dc == 1 && ac == 1) \
        memmove(to, from, cols * sizeof(T)); \
      else if (dc == 1) \
        lay_out(cols, to, (const char *)from, ac * (long)sizeof(T), sizeof(T)); \
      else \
        for (long c = 0; c < cols; c++) to[c * dc] = from[c * ac]; \
    } \
  } \
  static void k_fill_##W( \
    long rows, long cols, void *result, long ds, long dc, const void *value \
  ) { \
    T *d = result; \
    const T x = *(const T *)value; \
    if (dc != 1 && ds == 1) { \
      const long n = rows; \
      rows = cols, cols = n, ds = dc, dc = 1; \
    } \
    for (long r = 0; r < rows; r++) { \
      T *to = d + r * ds; \
      if (dc == 1) \
        lay_out(cols, to, (const char *)&x, 0, sizeof(T)); \
      else \
        for (long c = 0; c < cols; c++) to[c * dc] = x; \
    } \
  } \
  static long k_gather_##W( \
    long rows, long cols, void *result, long ds, const void *source, long ts, long limit, \
    const int64_t *index, long is \
  ) { \
    T *d = result; \
    const T *table = source; \
    long wrong = 0; \
    for (long r = 0; r < rows; r++) { \
      const int64_t asked = index[r * is]; \
      int64_t i = asked < 0 ? asked + limit : asked; \
      if (i < 0 || i >= limit) { \
        wrong++; \
        i = i < 0 ? 0 : limit - 1; \
      } \
      T *to = d + r * ds; \
      if (limit <= 0) \
        memset(to, 0, cols * sizeof(T)); \
      else if (cols == 1) \
        *to = table[i * ts]; \
      else \
        memcpy(to, table + i * ts, cols * sizeof(T)); \
    } \
    return wrong; \
  }

COPY(8, DLC_BITS8, 8)
COPY(32, DLC_BITS32, 8)
COPY(64, DLC_BITS64, 4)

#define SCATTER_ADD(S, T) \
  static long k_scatter_add_##S( \
    long rows, long cols, void *result, long ds, long limit, const int64_t *index, long is, \
    const void *source, long as \
  ) { \
    T *d = result; \
    const T *a = source; \
    long wrong = 0; \
    for (long r = 0; r < rows; r++) { \
      const int64_t asked = index[r * is]; \
      int64_t i = asked < 0 ? asked + limit : asked; \
      wrong += i < 0 || i >= limit; \
      if (limit == 0) continue; \
      i = i < 0 ? 0 : i >= limit ? limit - 1 : i; \
      T *to = d + i * ds; \
      const T *from = a + r * as; \
      DLC_LOOP for (long c = 0; c < cols; c++) to[c] += from[c]; \
    } \
    return wrong; \
  }

SCATTER_ADD(f32, float)
SCATTER_ADD(f64, double)
SCATTER_ADD(i32, uint32_t)
SCATTER_ADD(i64, uint64_t)

// d[index[r]] = OP(d[index[r]], a[r]), row after row.
#define SCATTER(name, S, T, expression) \
  static long k_##name##_##S( \
    long rows, long cols, void *result, long ds, long limit, const int64_t *index, long is, \
    const void *source, long as \
  ) { \
    T *d = result; \
    const T *a = source; \
    long wrong = 0; \
    for (long r = 0; r < rows; r++) { \
      const int64_t asked = index[r * is]; \
      int64_t i = asked < 0 ? asked + limit : asked; \
      wrong += i < 0 || i >= limit; \
      if (limit == 0) continue; \
      i = i < 0 ? 0 : i >= limit ? limit - 1 : i; \
      T *to = d + i * ds; \
      const T *from = a + r * as; \
      for (long c = 0; c < cols; c++) { \
        const T x = to[c], y = from[c]; \
        to[c] = (T)(expression); \
      } \
    } \
    return wrong; \
  }

#define SCATTER_LAST(W, T) SCATTER(scatter, W, T, ((void)x, y))
SCATTER_LAST(8, DLC_BITS8)
SCATTER_LAST(32, DLC_BITS32)
SCATTER_LAST(64, DLC_BITS64)
SCATTER(scatter_mul, f32, float, x *y)
SCATTER(scatter_mul, f64, double, x *y)
SCATTER(scatter_mul, i32, uint32_t, x *y)
SCATTER(scatter_mul, i64, uint64_t, x *y)

// A NaN of either side stays.
#define SCATTER_EXTREME(S, T) \
  SCATTER(scatter_min, S, T, x < y || x != x ? x : y) \
  SCATTER(scatter_max, S, T, x > y || x != x ? x : y)
SCATTER_EXTREME(f32, float)
SCATTER_EXTREME(f64, double)
SCATTER_EXTREME(i32, int32_t)
SCATTER_EXTREME(i64, int64_t)

#define IOTA(S, T) \
  static void k_iota_##S( \
    long rows, long cols, T *d, long ds, int64_t start, int64_t row_step, int64_t col_step \
  ) { \
    for (long r = 0; r < rows; r++) { \
      T *to = d + r * ds; \
      const uint64_t first = (uint64_t)start + (uint64_t)r * (uint64_t)row_step; \
      for (long c = 0; c < cols; c++) \
        to[c] = (T)(int64_t)(first + (uint64_t)c * (uint64_t)col_step); \
    } \
  }

IOTA(f32, float)
IOTA(f64, double)
IOTA(i32, int32_t)
IOTA(i64, int64_t)
