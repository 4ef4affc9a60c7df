// The products of gemm.h on vector registers.

// Address of row i of A by what an x86 instruction can add: a base and 1, 2, 4 or 8 times an index.
// One base and an index for every odd row reach all rows: any further addition in the innermost
// loop would take a port from the multiply-adds. Compilers would undo this if they saw through it.
#define GEMM_OPAQUE(x) __asm__("" : "+r"(x))
#define GEMM_ROW(i) \
  ((i) % 8 == 0   ? row + (i) / 8 * 8 * odd[0] \
   : (i) % 4 == 0 ? row + 4 * odd[(i) / 8] \
   : (i) % 2 == 0 ? row + 2 * odd[(i) / 4] \
                  : row + odd[(i) / 2])

// The file of an instruction set says how many steps of the sum a turn of the loop does,
// DLC_GEMM_STEPS, so that they share what is not loads and multiply-adds; and how many steps ahead A
// and B are asked for, DLC_GEMM_AHEAD, the time the second-level cache takes: a panel deeper than the
// first level, and a transposed A with its long strides, come in time so. Tiles that are not full
// need all loads they can issue for their broadcasts. 0 leaves it to the hardware.
#define GEMM_LINE 64

// One element of A times up to two vectors of B. On x86 it is written out: compilers gather the
// broadcasts of all rows before the multiply-adds, and keep accumulators in memory to have room.
#if defined(DLC_GEMM_X86)
#define GEMM_BROADCAST_f32 "vbroadcastss"
#define GEMM_BROADCAST_f64 "vbroadcastsd"
#define GEMM_FMA_f32 "vfmadd231ps"
#define GEMM_FMA_f64 "vfmadd231pd"
#define GEMM_STEP(S, vec, v, element, y, sums) \
  do { \
    vec x; \
    if ((v) == 1) \
      __asm__ volatile( \
        GEMM_BROADCAST_##S " %2, %0\n\t" GEMM_FMA_##S " %3, %0, %1" \
        : "=&v"(x), "+v"((sums)[0]) \
        : "m"(element), "v"((y)[0])); \
    else \
      __asm__ volatile( \
        GEMM_BROADCAST_##S " %3, %0\n\t" GEMM_FMA_##S " %4, %0, %1\n\t" GEMM_FMA_##S \
                           " %5, %0, %2" \
        : "=&v"(x), "+v"((sums)[0]), "+v"((sums)[1]) \
        : "m"(element), "v"((y)[0]), "v"((y)[1])); \
  } while (0)
#else
#define GEMM_STEP(S, vec, v, element, y, sums) \
  do { \
    const vec x = (vec)(element); \
    DLC_UNROLL for (int j = 0; j < v; j++) (sums)[j] = x * (y)[j] + (sums)[j]; \
  } while (0)
#endif

// Brings a line near that will be written, mostly: another core may hold it, and gives it up on
// request while multiply-adds go on. A read would only share it, and the store wait later.
#if defined(DLC_GEMM_X86)
#define GEMM_OWN(line) __asm__ volatile("prefetchw %0" : : "m"(*(line)))
#else
#define GEMM_OWN(line) __builtin_prefetch(line, 1, 2)
#endif

// Where the walk over memory that will be needed next has come to: one line a turn of the loop,
// so that it arrives while multiply-adds keep the cores busy.
struct dlc_walk {
  const dlc_ahead *over;
  long row, rows, region;
  const char *at, *end;
  int reads;
};

// To the next row; the regions take turns, since some are farther away than others. Beyond the last
// row there is nothing to walk over.
DLC_INLINE void walk_row(struct dlc_walk *w) {
  const dlc_ahead *over = w->over;
  do {
    if (++w->region < over->regions) continue;
    w->region = 0;
    if (++w->row < w->rows) continue;
    w->over = 0;
    w->end = w->at;
    return;
  } while (w->row >= over->rows[w->region]);
  const uintptr_t first = (uintptr_t)over->at[w->region] + w->row * over->stride[w->region];
  w->at = (const char *)(first & -(uintptr_t)GEMM_LINE);
  w->end = (const char *)(first + over->bytes[w->region]);
  w->reads = w->region < over->reads;
}

static struct dlc_walk walk_begin(const dlc_ahead *over) {
  struct dlc_walk w = {over, 0, 0, -1, 0, 0, 0};
  for (long i = 0; over && i < over->regions; i++)
    if (over->rows[i] > w.rows) w.rows = over->rows[i];
  if (w.rows == 0)
    w.over = 0;
  else
    walk_row(&w);
  return w;
}

// The next `count` lines of the walk.
DLC_INLINE void walk_lines(struct dlc_walk *w, int count) {
  for (; count > 0 && w->over; count--) {
    if (w->at >= w->end) {
      walk_row(w);
      continue;
    }
    if (w->reads)
      __builtin_prefetch(w->at, 0, 2);
    else
      GEMM_OWN(w->at);
    w->at += GEMM_LINE;
  }
}

#define GEMM(S, T, vec, lanes) \
  /* Adds `steps` products of a column of A and a row of B. Where a row of A has its elements side \
     by side (beside), ak is a constant: steps are told apart by what an address can add. */ \
  DLC_INLINE void steps_##S( \
    const int steps, const int m, const int v, const int part, const int beside, \
    const char **left, long ak, const long *odd, const T **right, long bk, mask_##S mask, \
    const char **near, long near_step, vec (*acc)[DLC_GEMM_VECTORS] \
  ) { \
    vec y[DLC_GEMM_VECTORS]; \
    const char *row = *left; \
    const T *from = *right; \
    DLC_UNROLL for (int u = 0; u < steps; u++) { \
      DLC_UNROLL for (int j = 0; j < v; j++) \
        y[j] = part && j == v - 1 ? load_part_##S(from + j * lanes, mask) \
                                  : *(const vec *)(from + j * lanes); \
      DLC_UNROLL for (int i = 0; i < m; i++) \
        GEMM_STEP(S, vec, v, *(const T *)GEMM_ROW(i), y, acc[i]); \
      if (DLC_GEMM_AHEAD && !part) { \
        __builtin_prefetch(*near); \
        *near += near_step; \
        __builtin_prefetch(GEMM_ROW(m - 1) + DLC_GEMM_AHEAD * ak); \
        DLC_UNROLL for (int j = 0; j < v; j += GEMM_LINE / DLC_VECTOR_BYTES) \
          __builtin_prefetch(from + DLC_GEMM_AHEAD * bk + j * lanes); \
      } \
      row += ak, from += bk; \
      if (!beside) GEMM_OPAQUE(row); \
    } \
    GEMM_OPAQUE(row); \
    *left = row, *right = from; \
  } \
  /* The k steps of the innermost axis of the sum. */ \
  DLC_INLINE void sum_##S( \
    const int m, const int v, const int part, const int beside, long k, const char *left, \
    long ak, const long *odd, const T *right, long bk, mask_##S mask, \
    const char *near, long near_step, vec (*acc)[DLC_GEMM_VECTORS], struct dlc_walk *walk \
  ) { \
    const char *ahead = walk->at, *ahead_end = walk->end; \
    int reads = walk->reads; \
    for (; k >= DLC_GEMM_STEPS; k -= DLC_GEMM_STEPS) { \
      steps_##S( \
        DLC_GEMM_STEPS, m, v, part, beside, &left, ak, odd, &right, bk, mask, &near, near_step, \
        acc); \
      if (ahead < ahead_end) { \
        if (reads) \
          __builtin_prefetch(ahead, 0, 2); \
        else \
          GEMM_OWN(ahead); \
        ahead += GEMM_LINE; \
      } else if (walk->over) { \
        walk_row(walk); \
        ahead = walk->at, ahead_end = walk->end, reads = walk->reads; \
      } \
    } \
    walk->at = ahead; \
    for (; k > 0; k--) \
      steps_##S( \
        1, m, v, part, beside, &left, ak, odd, &right, bk, mask, &near, near_step, acc); \
  } \
  /* Tiles of m rows and v vectors, the last one of n elements where part is set, one below another. \
     m, v and part are constants at every call: loops over rows and vectors unroll into registers. */ \
  DLC_INLINE void tiles_of_##S( \
    const int m, const int v, const int part, const dlc_gemm_shape *g, long tiles, long n, \
    const T *a, const T *b, const T *start, long sr, T *c, int relu, struct dlc_walk *walk \
  ) { \
    const mask_##S mask = mask_of_##S(n); \
    const long cr = g->cr; \
    /* Rows of A that are one run of memory: each step asks for a line of the next tile's, or where A \
       is in panels of the panel's after the next one. */ \
    const int isRun = g->k2 == 1 && g->a == 1 && g->ar == g->k; \
    const long distance = g->k1 > 1 ? 2 : 1; \
    long odd[DLC_GEMM_ROWS / 2]; \
    DLC_UNROLL for (int i = 0; 2 * i + 1 < m; i++) { \
      odd[i] = (2 * i + 1) * g->ar * (long)sizeof(T); \
      GEMM_OPAQUE(odd[i]); \
    } \
    for (; tiles > 0; tiles--, a += m * g->ar, c += m * cr) { \
      vec acc[DLC_GEMM_ROWS][DLC_GEMM_VECTORS]; \
      DLC_UNROLL for (int i = 0; i < m; i++) \
        DLC_UNROLL for (int j = 0; j < v; j++) { \
          const T *from = start + i * sr + j * lanes; \
          if (!start) \
            acc[i][j] = (vec)(0); \
          else \
            acc[i][j] = part && j == v - 1 ? load_part_##S(from, mask) : *(const vec *)from; \
        } \
      if (start) start += m * sr; \
      for (long p2 = 0; p2 < g->k2; p2++) \
        for (long p1 = 0; p1 < g->k1; p1++) { \
          const T *right = b + p2 * g->b2 + p1 * g->b1; \
          const char *left = (const char *)(a + p2 * g->a2 + p1 * g->a1); \
          const long ak = g->a * (long)sizeof(T); \
          const char *near = left + DLC_GEMM_AHEAD * ak; \
          long near_step = ak; \
          if (isRun) { \
            const long next = p1 + distance, after = next - g->k1; \
            near = (const char *)(after < 0 ? a + next * g->a1 : a + m * g->ar + after * g->a1); \
            near_step = GEMM_LINE; \
          } \
          if (DLC_GEMM_STEPS > 1 && g->a == 1) \
            sum_##S( \
              m, v, part, 1, g->k, left, sizeof(T), odd, right, g->b, mask, near, near_step, acc, \
              walk); \
          else \
            sum_##S( \
              m, v, part, 0, g->k, left, ak, odd, right, g->b, mask, near, near_step, acc, walk); \
        } \
      DLC_UNROLL for (int i = 0; i < m; i++) \
        DLC_UNROLL for (int j = 0; j < v; j++) { \
          T *to = c + i * cr + j * lanes; \
          if (relu) acc[i][j] = acc[i][j] < 0 ? (vec)(0) : acc[i][j]; \
          if (part && j == v - 1) \
            store_part_##S(to, mask, acc[i][j]); \
          else \
            *(vec *)to = acc[i][j]; \
        } \
    } \
  } \
  typedef void tile_function_##S( \
    const dlc_gemm_shape *g, long tiles, long n, const T *a, const T *b, const T *start, long sr, \
    T *c, int relu, struct dlc_walk *walk); \
  GEMM_EACH_TILE(GEMM_TILE, S, T) \
  /* [0][m]: nr columns. [v][m]: v vectors, the last one not full. */ \
  static tile_function_##S *const tiles_##S[DLC_GEMM_VECTORS + 1][DLC_GEMM_ROWS + 1] = { \
    GEMM_EACH_TILE(GEMM_ENTRY, S, T)}; \
  /* Up to nr columns; rows in as few tiles as mr allows, all of about the same height. */ \
  static void columns_##S( \
    const dlc_gemm_shape *g, long rows1, long rows, long cols, const T *a, const T *b, \
    const T *start, long sr1, long sr, T *c, int relu, struct dlc_walk *walk \
  ) { \
    const long v = (cols + lanes - 1) / lanes, n = cols - (v - 1) * lanes; \
    const long kind = cols == lanes * DLC_GEMM_VECTORS ? 0 : v; \
    /* `high` tiles of m rows, the others of one less. */ \
    const long tiles = (rows + DLC_GEMM_ROWS - 1) / DLC_GEMM_ROWS; \
    const long m = tiles ? (rows + tiles - 1) / tiles : 0, high = rows - tiles * (m - 1); \
    for (long r1 = 0; r1 < rows1 && tiles; r1++) { \
      const T *from = a + r1 * g->ar1, *first = start ? start + r1 * sr1 : 0; \
      T *to = c + r1 * g->cr1; \
      tiles_##S[kind][m](g, high, n, from, b, first, sr, to, relu, walk); \
      if (high == tiles) continue; \
      if (first) first += high * m * sr; \
      tiles_##S[kind][m - 1]( \
        g, tiles - high, n, from + high * m * g->ar, b, first, sr, to + high * m * g->cr, relu, \
        walk); \
    } \
  } \
  static void k_brgemm_add_##S( \
    const dlc_gemm_shape *g, long rows1, long rows, long cols, const T *a, const T *b, \
    const T *start, long sr1, long sr, T *c, int relu, const dlc_ahead *ahead \
  ) { \
    struct dlc_walk walk = walk_begin(ahead); \
    const long nr = lanes * DLC_GEMM_VECTORS; \
    long k[3] = {g->k2, g->k1, g->k}, s[3] = {g->a2, g->a1, g->a}, t[3] = {g->b2, g->b1, g->b}; \
    join_axes(k, s, t); \
    const dlc_gemm_shape joined = {k[0],   k[1],   k[2],   s[0],  s[1], s[2], \
                                   t[0],   t[1],   t[2],   g->ar1, g->cr1, g->ar, g->cr}; \
    if (g->ar1 == rows * g->ar && g->cr1 == rows * g->cr && (!start || sr1 == rows * sr)) \
      rows *= rows1, rows1 = 1; \
    for (long j = 0; j < cols; j += nr) { \
      const long n = cols - j < nr ? cols - j : nr; \
      columns_##S( \
        &joined, rows1, rows, n, a, b + j, start ? start + j : 0, sr1, sr, c + j, relu, \
        &walk); \
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
    const long nr = lanes * DLC_GEMM_VECTORS; \
    k_gemm_direct_##S(rows, cols, k, a, ar, ak, panel, nr, c, cr, accumulate, 0); \
  } \
  static const dlc_tile tile_size_##S = {DLC_GEMM_ROWS, lanes * DLC_GEMM_VECTORS, lanes};

#define GEMM_TILE(S, T, kind, m) \
  static void tile_##S##_##kind##_##m( \
    const dlc_gemm_shape *g, long tiles, long n, const T *a, const T *b, const T *start, long sr, \
    T *c, int relu, struct dlc_walk *walk \
  ) { \
    tiles_of_##S( \
      m, kind ? kind : DLC_GEMM_VECTORS, kind != 0, g, tiles, n, a, b, start, sr, c, relu, walk); \
  }
#define GEMM_ENTRY(S, T, kind, m) [kind][m] = tile_##S##_##kind##_##m,

#define GEMM_4(F, S, T, kind) F(S, T, kind, 1) F(S, T, kind, 2) F(S, T, kind, 3) F(S, T, kind, 4)
#define GEMM_6(F, S, T, kind) GEMM_4(F, S, T, kind) F(S, T, kind, 5) F(S, T, kind, 6)
#define GEMM_8(F, S, T, kind) GEMM_6(F, S, T, kind) F(S, T, kind, 7) F(S, T, kind, 8)
#define GEMM_14(F, S, T, kind) \
  GEMM_8(F, S, T, kind) F(S, T, kind, 9) F(S, T, kind, 10) F(S, T, kind, 11) F(S, T, kind, 12) \
  F(S, T, kind, 13) F(S, T, kind, 14)

#if DLC_GEMM_ROWS == 14
#define GEMM_ROWS GEMM_14
#elif DLC_GEMM_ROWS == 8
#define GEMM_ROWS GEMM_8
#elif DLC_GEMM_ROWS == 6
#define GEMM_ROWS GEMM_6
#else
#define GEMM_ROWS GEMM_4
#endif

#if DLC_GEMM_VECTORS == 3
#define GEMM_EACH_TILE(F, S, T) \
  GEMM_ROWS(F, S, T, 0) GEMM_ROWS(F, S, T, 1) GEMM_ROWS(F, S, T, 2) GEMM_ROWS(F, S, T, 3)
#else
#define GEMM_EACH_TILE(F, S, T) \
  GEMM_ROWS(F, S, T, 0) GEMM_ROWS(F, S, T, 1) GEMM_ROWS(F, S, T, 2)
#endif

GEMM(f32, float, vec_f32, (DLC_VECTOR_BYTES / 4))
GEMM(f64, double, vec_f64, (DLC_VECTOR_BYTES / 8))

// Twelve chains of multiply-adds, enough to fill two units of four cycles' latency. None starts at
// the fixed point 2, which a compiler would take out of the loop. `count` is a multiple of 4.
static void fma_chains(long count) {
  vec_f32 acc[12], x = (vec_f32)(0.5f), y = (vec_f32)(1.0f);
  for (int i = 0; i < 12; i++) acc[i] = (vec_f32)((float)(i + 3));
  for (long n = 0; n < count; n += 4) {
    DLC_UNROLL for (int i = 0; i < 48; i++) acc[i % 12] = acc[i % 12] * x + y;
    __asm__ volatile("" : : "r"(n) : );
  }
  vec_f32 sum = acc[0];
  for (int i = 1; i < 12; i++) sum += acc[i];
  float kept[DLC_VECTOR_BYTES / 4];
  *(vec_f32 *)kept = sum;
  __asm__ volatile("" : : "r"(kept) : "memory");
}
