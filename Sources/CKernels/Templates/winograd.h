// Convolutions of 3 x 3 with stride 1 by Winograd's minimal filtering, F(2 x 2, 3 x 3) after Lavin
// and Gray, "Fast Algorithms for Convolutional Neural Networks" (2016): four results of one channel
// cost 16 multiplications where the sum of products takes 36.
//
//   Y = A' [sum over channels of (G w G') o (B' x B)] A       a tile of 4 x 4 in, of 2 x 2 out
//
//        1  0 -1  0         1   0   0
//   B' = 0  1  1  0    G = 1/2 1/2 1/2   A' = 1  1  1  0
//        0 -1  1  0        1/2 -1/2 1/2       0  1 -1 -1
//        0  1  0 -1         0   0   1
//
// For each of the 16 places the sum over channels is a product of matrices, tiles x channels with
// channels x filters. The gradient of w is the same with the maps transposed: a sum over tiles of
// (B' x B) (A g A'), then G' of it. Tiles that reach beyond the image see zeros there. The maps
// hold no numbers but 0, 1/2 and 1, so that rounding is hardly worse than a plain sum's.
//
// A block's tiles, transformed, lie in memory of the caller's: [16 places][tiles][channels].

#if DLC_PORTABLE
#define WINOGRAD_INLINE static
#define WINOGRAD_LOAD(S, vec, p) (*(p))
#define WINOGRAD_STORE(S, vec, p, x) (*(p) = (x))
#define WINOGRAD_MASK(S) int
#define WINOGRAD_MASK_OF(S, n) 0
#define WINOGRAD_RELU(vec, x) ((x) < 0 ? 0 : (x))
#define WINOGRAD_NEAR(p) ((void)(p))
#else
#define WINOGRAD_INLINE DLC_INLINE
#define WINOGRAD_LOAD(S, vec, p) (part ? load_part_##S(p, mask) : *(const vec *)(p))
#define WINOGRAD_STORE(S, vec, p, x) \
  do { \
    if (part) \
      store_part_##S(p, mask, x); \
    else \
      *(vec *)(p) = (x); \
  } while (0)
#define WINOGRAD_MASK(S) mask_##S
#define WINOGRAD_MASK_OF(S, n) mask_of_##S(n)
#define WINOGRAD_RELU(vec, x) ((x) < 0 ? (vec)(0) : (x))
#define WINOGRAD_NEAR(p) __builtin_prefetch(p, 0, 2)
#endif

// Elements from one place's matrix to the next's: whole lines, an odd number of them, so that 16
// streams do not meet in one set of the cache.
static inline long winograd_stride(long count) { return ((count + 15) / 16 | 1) * 16; }

// The walk over memory that is to come near (vectors only), and the product of one place.
#if DLC_PORTABLE
#define WINOGRAD_WALK(name, ahead) const dlc_ahead *const name = ahead
#define WINOGRAD_STEP(name) name
#define WINOGRAD_PRODUCT(S, T, lanes) \
  static void winograd_product_##S( \
    const dlc_gemm_shape *g, long rows, long cols, const T *a, const T *b, const T *start, T *c, \
    const dlc_ahead *walk \
  ) { \
    k_brgemm_add_##S(g, 1, rows, cols, a, b, start, 0, g->cr, c, 0, walk); \
  }
#else
#define WINOGRAD_WALK(name, ahead) struct dlc_walk name = walk_begin(ahead)
#define WINOGRAD_STEP(name) &name
#define WINOGRAD_PRODUCT(S, T, lanes) \
  static void winograd_product_##S( \
    const dlc_gemm_shape *g, long rows, long cols, const T *a, const T *b, const T *start, T *c, \
    struct dlc_walk *walk \
  ) { \
    const long nr = lanes * DLC_GEMM_VECTORS; \
    for (long j = 0; j < cols; j += nr) \
      columns_##S( \
        g, 1, rows, cols - j < nr ? cols - j : nr, a, b + j, start ? start + j : 0, 0, g->cr, \
        c + j, 0, walk); \
  }
#endif

// A call for each vector of n elements, the first of which is c; the last one may be a part.
#define WINOGRAD_EACH(S, n, lanes, call) \
  do { \
    long c = 0; \
    for (; c + lanes <= (n); c += lanes) { \
      const int part = 0; \
      const WINOGRAD_MASK(S) mask = WINOGRAD_MASK_OF(S, 0); \
      call; \
    } \
    if (c < (n)) { \
      const int part = 1; \
      const WINOGRAD_MASK(S) mask = WINOGRAD_MASK_OF(S, (n) - c); \
      call; \
    } \
  } while (0)

// The transform of one tile of x (side 4) or g (side 2).
#define WINOGRAD_TILE(S, n, lanes, is_edge) \
  do { \
    if (side == 4) \
      WINOGRAD_EACH( \
        S, n, lanes, \
        winograd_input_##S(part, mask, is_edge, at, c, from + c, x1, x2, v + c, s)); \
    else \
      WINOGRAD_EACH( \
        S, n, lanes, \
        winograd_spread_##S(part, mask, is_edge, at, c, from + c, x1, x2, v + c, s)); \
  } while (0)

#define WINOGRAD(S, T, vec, lanes) \
  WINOGRAD_PRODUCT(S, T, lanes) \
  /* B' x B of a vector of channels: place i of the result at v + i s. Element (i, j) is at */ \
  /* x + i x1 + j x2, or, at an edge of the image, n elements on from at[4 i + j]. */ \
  WINOGRAD_INLINE void winograd_input_##S( \
    const int part, WINOGRAD_MASK(S) mask, const int is_edge, const T *const *at, long n, \
    const T *x, long x1, long x2, T *v, long s \
  ) { \
    vec d[4][4]; \
    (void)part, (void)mask; \
    DLC_UNROLL for (int j = 0; j < 4; j++) { \
      const vec a = WINOGRAD_LOAD(S, vec, is_edge ? at[j] + n : x + j * x2); \
      const vec b = WINOGRAD_LOAD(S, vec, is_edge ? at[4 + j] + n : x + x1 + j * x2); \
      const vec c = WINOGRAD_LOAD(S, vec, is_edge ? at[8 + j] + n : x + 2 * x1 + j * x2); \
      const vec e = WINOGRAD_LOAD(S, vec, is_edge ? at[12 + j] + n : x + 3 * x1 + j * x2); \
      d[0][j] = a - c, d[1][j] = b + c, d[2][j] = c - b, d[3][j] = b - e; \
    } \
    DLC_UNROLL for (int i = 0; i < 4; i++) { \
      T *to = v + 4 * i * s; \
      WINOGRAD_STORE(S, vec, to, d[i][0] - d[i][2]); \
      WINOGRAD_STORE(S, vec, to + s, d[i][1] + d[i][2]); \
      WINOGRAD_STORE(S, vec, to + 2 * s, d[i][2] - d[i][1]); \
      WINOGRAD_STORE(S, vec, to + 3 * s, d[i][1] - d[i][3]); \
    } \
  } \
  /* A g A' of a vector of filters. */ \
  WINOGRAD_INLINE void winograd_spread_##S( \
    const int part, WINOGRAD_MASK(S) mask, const int is_edge, const T *const *at, long n, \
    const T *g, long g1, long g2, T *v, long s \
  ) { \
    vec d[4][2]; \
    (void)part, (void)mask; \
    DLC_UNROLL for (int j = 0; j < 2; j++) { \
      const vec a = WINOGRAD_LOAD(S, vec, is_edge ? at[j] + n : g + j * g2); \
      const vec b = WINOGRAD_LOAD(S, vec, is_edge ? at[4 + j] + n : g + g1 + j * g2); \
      d[0][j] = a, d[1][j] = a + b, d[2][j] = a - b, d[3][j] = -b; \
    } \
    DLC_UNROLL for (int i = 0; i < 4; i++) { \
      T *to = v + 4 * i * s; \
      WINOGRAD_STORE(S, vec, to, d[i][0]); \
      WINOGRAD_STORE(S, vec, to + s, d[i][0] + d[i][1]); \
      WINOGRAD_STORE(S, vec, to + 2 * s, d[i][0] - d[i][1]); \
      WINOGRAD_STORE(S, vec, to + 3 * s, -d[i][1]); \
    } \
  } \
  /* A' m A of a vector of filters, plus `start`: those of its four results that the image has. */ \
  WINOGRAD_INLINE void winograd_output_##S( \
    const int part, WINOGRAD_MASK(S) mask, const T *m, long s, long height, long width, \
    const T *start, long s1, long s2, T *y, long y1, long y2, int relu \
  ) { \
    vec d[2][4]; \
    (void)part, (void)mask; \
    DLC_UNROLL for (int j = 0; j < 4; j++) { \
      const vec a = WINOGRAD_LOAD(S, vec, m + j * s), b = WINOGRAD_LOAD(S, vec, m + (4 + j) * s); \
      const vec c = WINOGRAD_LOAD(S, vec, m + (8 + j) * s); \
      const vec e = WINOGRAD_LOAD(S, vec, m + (12 + j) * s); \
      d[0][j] = a + b + c, d[1][j] = b - c - e; \
    } \
    DLC_UNROLL for (int i = 0; i < 2; i++) { \
      if (i >= height) continue; \
      vec left = d[i][0] + d[i][1] + d[i][2], right = d[i][1] - d[i][2] - d[i][3]; \
      T *to = y + i * y1; \
      if (start) left += WINOGRAD_LOAD(S, vec, start + i * s1); \
      if (relu) left = WINOGRAD_RELU(vec, left); \
      WINOGRAD_STORE(S, vec, to, left); \
      if (width < 2) continue; \
      if (start) right += WINOGRAD_LOAD(S, vec, start + i * s1 + s2); \
      if (relu) right = WINOGRAD_RELU(vec, right); \
      WINOGRAD_STORE(S, vec, to + y2, right); \
    } \
  } \
  /* The maps of the kernel, 3 x 3 to 4 x 4 and back: elements lie s apart there, t apart here. */ \
  WINOGRAD_INLINE void winograd_kernel_##S( \
    const int part, WINOGRAD_MASK(S) mask, const T *w, long t, T *u, long s \
  ) { \
    vec d[4][3]; \
    (void)part, (void)mask; \
    DLC_UNROLL for (int j = 0; j < 3; j++) { \
      const vec a = WINOGRAD_LOAD(S, vec, w + j * t), b = WINOGRAD_LOAD(S, vec, w + (3 + j) * t); \
      const vec c = WINOGRAD_LOAD(S, vec, w + (6 + j) * t), half = (a + c) * (T)0.5; \
      d[0][j] = a, d[1][j] = half + b * (T)0.5, d[2][j] = half - b * (T)0.5, d[3][j] = c; \
    } \
    DLC_UNROLL for (int i = 0; i < 4; i++) { \
      const vec half = (d[i][0] + d[i][2]) * (T)0.5, middle = d[i][1] * (T)0.5; \
      WINOGRAD_STORE(S, vec, u + 4 * i * s, d[i][0]); \
      WINOGRAD_STORE(S, vec, u + (4 * i + 1) * s, half + middle); \
      WINOGRAD_STORE(S, vec, u + (4 * i + 2) * s, half - middle); \
      WINOGRAD_STORE(S, vec, u + (4 * i + 3) * s, d[i][2]); \
    } \
  } \
  WINOGRAD_INLINE void winograd_kernel_gradient_##S( \
    const int part, WINOGRAD_MASK(S) mask, const T *u, long s, T *w, long w1, long w2 \
  ) { \
    vec d[3][4]; \
    (void)part, (void)mask; \
    DLC_UNROLL for (int j = 0; j < 4; j++) { \
      const vec a = WINOGRAD_LOAD(S, vec, u + j * s), b = WINOGRAD_LOAD(S, vec, u + (4 + j) * s); \
      const vec c = WINOGRAD_LOAD(S, vec, u + (8 + j) * s), half = (b + c) * (T)0.5; \
      d[0][j] = a + half, d[1][j] = (b - c) * (T)0.5; \
      d[2][j] = half + WINOGRAD_LOAD(S, vec, u + (12 + j) * s); \
    } \
    DLC_UNROLL for (int i = 0; i < 3; i++) { \
      const vec half = (d[i][1] + d[i][2]) * (T)0.5; \
      WINOGRAD_STORE(S, vec, w + i * w1, d[i][0] + half); \
      WINOGRAD_STORE(S, vec, w + i * w1 + w2, (d[i][1] - d[i][2]) * (T)0.5); \
      WINOGRAD_STORE(S, vec, w + i * w1 + 2 * w2, half + d[i][3]); \
    } \
  } \
  /* Asks for n channels of two by two places, which the tiles below will read. */ \
  WINOGRAD_INLINE void winograd_near_##S(long n, const T *x, long x1, long x2) { \
    const char *at = (const char *)x; \
    for (long c = 0; c < (x2 + n) * (long)sizeof(T); c += 64) { \
      WINOGRAD_NEAR(at + c); \
      WINOGRAD_NEAR(at + x1 * (long)sizeof(T) + c); \
    } \
  } \
  /* The tiles of `rows` rows and `width` places of a result: side 4 of x, 2 of g. x is place */ \
  /* (r0, q0) of an image of in1 x in2, beyond which there are n zeros. */ \
  static void winograd_tiles_##S( \
    int side, long rows, long width, long n, const T *x, long x1, long x2, long r0, long q0, \
    long in1, long in2, T *v, long s, const T *zeros \
  ) { \
    for (long r = 0; r < rows; r += 2) \
      for (long q = 0; q < width; q += 2, v += n) { \
        const T *from = x + r * x1 + q * x2, *at[16] = {0}; \
        if (side == 4) winograd_near_##S(n, from + 5 * x1, x1, x2); \
        const long top = r0 + r, left = q0 + q; \
        if (top >= 0 && left >= 0 && top + side <= in1 && left + side <= in2) { \
          WINOGRAD_TILE(S, n, lanes, 0); \
          continue; \
        } \
        for (long i = 0; i < side; i++) \
          for (long j = 0; j < side; j++) { \
            const int is_in = top + i >= 0 && top + i < in1 && left + j >= 0 && left + j < in2; \
            at[4 * i + j] = is_in ? from + i * x1 + j * x2 : zeros; \
          } \
        WINOGRAD_TILE(S, n, lanes, 1); \
      } \
  } \
  static void k_winograd_pack_##S( \
    const dlc_pack_shape *g, long cols, T *panel, const T *b, T *spare \
  ) { \
    const long n = g->k * g->width; \
    k_brpack_b_##S(g, cols, spare, b); \
    WINOGRAD_EACH(S, n, lanes, winograd_kernel_##S(part, mask, spare + c, n, panel + c, n)); \
  } \
  static void k_winograd_##S( \
    const dlc_winograd_shape *g, long first, long rows, long cols, const T *x, const T *panel, \
    const T *start, long s1, long s2, T *y, int relu, const dlc_ahead *ahead, T *spare \
  ) { \
    const long n = g->channels, width = g->width; \
    const long across = (width + 1) / 2, tiles = (rows + 1) / 2 * across; \
    const long sv = winograd_stride(tiles * n), sm = winograd_stride(tiles * cols); \
    T *v = spare, *m = v + 16 * sv, *zeros = m + 16 * sm; \
    const dlc_gemm_shape shape = {1, 1, n, 0, 0, 1, 0, 0, g->panel, 0, 0, n, cols}; \
    WINOGRAD_WALK(walk, ahead); \
    memset(zeros, 0, n * sizeof(T)); \
    winograd_tiles_##S( \
      4, rows, width, n, x, g->x1, g->x2, first - g->low1, -g->low2, g->in1, g->in2, v, sv, \
      zeros); \
    for (long i = 0; i < 16; i++) \
      winograd_product_##S( \
        &shape, tiles, cols, v + i * sv, panel + i * n * g->panel, 0, m + i * sm, \
        WINOGRAD_STEP(walk)); \
    for (long r = 0; r < rows; r += 2) \
      for (long q = 0; q < width; q += 2, m += cols) { \
        T *to = y + r * g->y1 + q * g->y2; \
        const T *from = start ? start + r * s1 + q * s2 : 0; \
        WINOGRAD_EACH( \
          S, cols, lanes, \
          winograd_output_##S( \
            part, mask, m + c, sm, rows - r, width - q, from ? from + c : 0, s1, s2, to + c, \
            g->y1, g->y2, relu)); \
      } \
  } \
  /* What the band after that of row r reads: x's rows that the present one does not, and y's. */ \
  static dlc_ahead winograd_following_##S( \
    const dlc_winograd_gradient_shape *g, long rows, long cols, const T *x, const T *y, long image, \
    long r \
  ) { \
    const int isSame = r + g->band < g->height; \
    const long next = isSame ? r + g->band : 0, known = isSame ? 2 : 0; \
    image += !isSame; \
    const dlc_ahead ahead = { \
      .at = {x + image * g->x0 + (next + known) * g->x1, y + image * g->y0 + next * g->y1}, \
      .stride = {g->x1 * (long)sizeof(T), g->y1 * (long)sizeof(T)}, \
      .rows = {g->band + 2 - known, g->band}, \
      .bytes = { \
        ((g->in2 - 1) * g->x2 + rows) * (long)sizeof(T), \
        ((g->width - 1) * g->y2 + cols) * (long)sizeof(T)}, \
      .regions = image < g->images ? 2 : 0, \
      .reads = 2}; \
    return ahead; \
  } \
  static void k_winograd_gradient_##S( \
    const dlc_winograd_gradient_shape *g, long rows, long cols, const T *x, const T *y, T *w, \
    T *spare \
  ) { \
    const long height = g->height, width = g->width, band = g->band, across = (width + 1) / 2; \
    const long most = (band + 1) / 2 * across, su = winograd_stride(rows * cols); \
    const long sv = winograd_stride(most * rows), sz = winograd_stride(most * cols); \
    T *u = spare, *v = u + 16 * su, *z = v + 16 * sv, *zeros = z + 16 * sz; \
    int isFirst = 1; \
    memset(zeros, 0, (rows > cols ? rows : cols) * sizeof(T)); \
    for (long image = 0; image < g->images; image++) \
      for (long r = 0; r < height; r += band) { \
        const dlc_ahead ahead = winograd_following_##S(g, rows, cols, x, y, image, r); \
        WINOGRAD_WALK(walk, &ahead); \
        const long some = height - r < band ? height - r : band, tiles = (some + 1) / 2 * across; \
        const T *from = x + image * g->x0 + r * g->x1, *by = y + image * g->y0 + r * g->y1; \
        const dlc_gemm_shape shape = {1, 1, tiles, 0, 0, rows, 0, 0, cols, 0, 0, 1, cols}; \
        winograd_tiles_##S( \
          4, some, width, rows, from, g->x1, g->x2, r - g->low1, -g->low2, g->in1, g->in2, v, sv, \
          zeros); \
        winograd_tiles_##S( \
          2, some, width, cols, by, g->y1, g->y2, r, 0, height, width, z, sz, zeros); \
        for (long i = 0; i < 16; i++) \
          winograd_product_##S( \
            &shape, rows, cols, v + i * sv, z + i * sz, isFirst ? 0 : u + i * su, u + i * su, \
            WINOGRAD_STEP(walk)); \
        isFirst = 0; \
      } \
    if (isFirst) memset(u, 0, 16 * su * sizeof(T)); \
    for (long r = 0; r < rows; r++) { \
      const T *from = u + r * cols; \
      T *to = w + r * g->w0; \
      WINOGRAD_EACH( \
        S, cols, lanes, \
        winograd_kernel_gradient_##S(part, mask, from + c, su, to + c, g->w1, g->w2)); \
    } \
  }

#if DLC_PORTABLE
WINOGRAD(f32, float, float, 1)
WINOGRAD(f64, double, double, 1)
#else
WINOGRAD(f32, float, vec_f32, (DLC_VECTOR_BYTES / 4))
WINOGRAD(f64, double, vec_f64, (DLC_VECTOR_BYTES / 8))
#endif
