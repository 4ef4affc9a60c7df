// Products of f32 on a matrix unit that multiplies bfloat16: AMX's tiles of 16 x 16 sums.
//
// A float is the sum of three bfloat16, x = h + m + l, exactly: each takes eight bits of the 24 and
// rounds to nearest. Of the nine products of two such sums the six largest are added,
//   a b ~ al bh + am bm + ah bl + am bh + ah bm + ah bh,
// each exact in f32. What is left out is at most 2^-23 |a b|: an f32 product rounds by 2^-24 (Henry,
// Tang and Heinecke, "Leveraging the bfloat16 Artificial Intelligence Datatype For Higher-Precision
// Computation", 2019). Six products of bfloat16 take less than half the time of one of f32.
//
// A tile of A is 16 rows of 32 steps of the sum, one of B 16 pairs of steps times 16 columns. Which
// two steps are a pair is the same for both: step i and step i + 16, so that a pair is one half of
// a vector's lanes beside the other's, and nothing is shuffled.
//
// Numbers that have no such sum (infinite, NaN, or so large that h is infinite) go through the
// multiply-adds of gemm_vector.h, in the strip of A or the piece of B where they are.

// Steps of the sum whose tiles are made at a time, rows and columns of four tiles of C.
#define SPLIT_STEPS 256
#define SPLIT_ROWS 32
#define SPLIT_COLUMNS 32
// Bytes of a tile, and of the three of a number's parts. Tiles lie as they are read: all of 32 steps
// side by side, of each part two, for the first 16 and for the next 16 rows or columns.
#define SPLIT_TILE 1024
#define SPLIT_TILES (3 * SPLIT_TILE)
// Lines that are brought near while a tile of C takes 32 steps.
#define SPLIT_AHEAD 6

// The parts of 16 pairs, x its first and y its second numbers, into the same row of three tiles.
// `wrong` becomes NaN where a number is not the sum of its parts.
DLC_INLINE void split_pairs(__m512 x, __m512 y, char *to, __m512 *wrong) {
  const __m512i half = _mm512_set1_epi32(0x8000), upper = _mm512_set1_epi32((int)0xffff0000);
  DLC_UNROLL for (int part = 0; part < 3; part++) {
    __m512i u = _mm512_castps_si512(x), v = _mm512_castps_si512(y);
    if (part < 2) {
      u = _mm512_and_si512(_mm512_add_epi32(u, half), upper);
      v = _mm512_and_si512(_mm512_add_epi32(v, half), upper);
      x = _mm512_sub_ps(x, _mm512_castsi512_ps(u));
      y = _mm512_sub_ps(y, _mm512_castsi512_ps(v));
    }
    // What is left of a number after two parts is its third one, unless that is too small.
    v = _mm512_and_si512(v, upper);
    _mm512_storeu_si512(to + part * 2 * SPLIT_TILE, _mm512_or_si512(_mm512_srli_epi32(u, 16), v));
  }
  *wrong = _mm512_fmadd_ps(x, y, *wrong);
}

static int is_wrong(__m512 wrong) { return _mm512_cmp_ps_mask(wrong, wrong, _CMP_UNORD_Q) != 0; }

// 16 x 16 elements, transposed in registers.
DLC_INLINE void transpose_16(__m512 x[16]) {
  __m512 y[16];
  DLC_UNROLL for (int i = 0; i < 16; i += 2) {
    y[i] = _mm512_unpacklo_ps(x[i], x[i + 1]);
    y[i + 1] = _mm512_unpackhi_ps(x[i], x[i + 1]);
  }
  DLC_UNROLL for (int i = 0; i < 16; i += 4)
    DLC_UNROLL for (int j = 0; j < 2; j++) {
      const __m512d u = _mm512_castps_pd(y[i + j]), v = _mm512_castps_pd(y[i + j + 2]);
      x[i + 2 * j] = _mm512_castpd_ps(_mm512_unpacklo_pd(u, v));
      x[i + 2 * j + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(u, v));
    }
  DLC_UNROLL for (int i = 0; i < 4; i++) {
    y[i] = _mm512_shuffle_f32x4(x[i], x[i + 4], 0x88);
    y[i + 4] = _mm512_shuffle_f32x4(x[i], x[i + 4], 0xdd);
    y[i + 8] = _mm512_shuffle_f32x4(x[i + 8], x[i + 12], 0x88);
    y[i + 12] = _mm512_shuffle_f32x4(x[i + 8], x[i + 12], 0xdd);
  }
  DLC_UNROLL for (int i = 0; i < 4; i++) {
    x[i] = _mm512_shuffle_f32x4(y[i], y[i + 8], 0x88);
    x[i + 4] = _mm512_shuffle_f32x4(y[i + 4], y[i + 12], 0x88);
    x[i + 8] = _mm512_shuffle_f32x4(y[i], y[i + 8], 0xdd);
    x[i + 12] = _mm512_shuffle_f32x4(y[i + 4], y[i + 12], 0xdd);
  }
}

// Up to 16 lines of up to 16 lanes, a vector each, zeros beyond; `line` and `lane` are the strides.
DLC_INLINE void load_lines(
  long lines, long lanes, const float *from, long line, long lane, __m512 x[16]
) {
  if (lane == 1 || line == 1) {
    const long count = lane == 1 ? lines : lanes, width = lane == 1 ? lanes : lines;
    const long stride = lane == 1 ? line : lane;
    if (count >= 16 && width >= 16) {
      DLC_UNROLL for (int i = 0; i < 16; i++) x[i] = _mm512_loadu_ps(from + i * stride);
    } else {
      const __mmask16 mask = mask_of_f32(width < 0 ? 0 : width < 16 ? width : 16);
      DLC_UNROLL for (int i = 0; i < 16; i++)
        x[i] = i < count ? _mm512_maskz_loadu_ps(mask, from + i * stride) : _mm512_setzero_ps();
    }
    if (lane != 1) transpose_16(x);
    return;
  }
  float block[256] __attribute__((aligned(64))) = {0};
  for (long i = 0; i < lines && i < 16; i++)
    for (long p = 0; p < lanes && p < 16; p++) block[16 * i + p] = from[i * line + p * lane];
  DLC_UNROLL for (int i = 0; i < 16; i++) x[i] = _mm512_load_ps(block + 16 * i);
}

// Three tiles of 32 steps of up to 16 rows of A, a vector having 16 steps of a row, or of columns of
// B, a vector having one step of all columns; `step` and `other` are the strides.
DLC_INLINE void split_tiles(
  const int is_a, long steps, long count, const float *from, long step, long other, char *tiles,
  __m512 *wrong
) {
  const long line = is_a ? other : step, lane = is_a ? step : other;
  const float *second = from + 16 * step;
  if (steps >= 32 && count >= 16 && lane == 1) {
    for (int i = 0; i < 16; i++)
      split_pairs(
        _mm512_loadu_ps(from + i * line), _mm512_loadu_ps(second + i * line), tiles + 64 * i, wrong);
    return;
  }
  __m512 x[16], y[16];
  if (is_a) {
    load_lines(count, steps, from, line, lane, x);
    load_lines(count, steps - 16, second, line, lane, y);
  } else {
    load_lines(steps, count, from, line, lane, x);
    load_lines(steps - 16, count, second, line, lane, y);
  }
  DLC_UNROLL for (int i = 0; i < 16; i++) split_pairs(x[i], y[i], tiles + 64 * i, wrong);
}

// All tiles of up to 32 rows of A or columns of B; whether a number in them is not its parts' sum.
DLC_INLINE int split_side(
  const int is_a, long steps, long count, const float *from, long step, long other, char *tiles
) {
  __m512 wrong = _mm512_setzero_ps();
  for (long t = 0; t < steps; t += 32)
    for (long i = 0; i < count; i += 16)
      split_tiles(
        is_a, steps - t, count - i, from + t * step + i * other, step, other,
        tiles + t / 16 * SPLIT_TILES + i / 16 * SPLIT_TILE, &wrong);
  return is_wrong(wrong);
}

struct split_config {
  uint8_t palette, start_row, reserved[14];
  uint16_t bytes[16];
  uint8_t rows[16];
};

#define SPLIT_TARGET \
  __attribute__((target( \
    "amx-tile,amx-bf16,avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi,bmi2,popcnt")))

SPLIT_TARGET static void split_begin(void) {
  const struct split_config config = {
    .palette = 1,
    .bytes = {64, 64, 64, 64, 64, 64, 64, 64},
    .rows = {16, 16, 16, 16, 16, 16, 16, 16}};
  _tile_loadconfig(&config);
}

SPLIT_TARGET static void split_end(void) { _tile_release(); }

// 16 or 32 rows and columns of C, as `down` and `across` say, from `start` or, without one, from
// zero; `sr` and `cr` are bytes between rows. Small products come first. `groups` counts 32 steps.
SPLIT_TARGET DLC_INLINE void split_tile(
  const int down, const int across, long groups, const char *a, const char *b, const float *start,
  long sr, float *c, long cr, struct dlc_walk *walk
) {
#define SPLIT_EACH(F) \
  F(0, 0); \
  if (across) F(1, 64); \
  if (down) F(2, 16 * rows_apart); \
  if (down && across) F(3, 16 * rows_apart + 64)
#define SPLIT_LOAD(tile, at) _tile_loadd(tile, from + (at), rows_apart)
#define SPLIT_ZERO(tile, at) _tile_zero(tile)
#define SPLIT_STORE(tile, at) _tile_stored(tile, to + (at), rows_apart)
  if (start) {
    const char *from = (const char *)start;
    const long rows_apart = sr;
    SPLIT_EACH(SPLIT_LOAD);
  } else {
    SPLIT_EACH(SPLIT_ZERO);
  }
#define SPLIT_A(part) \
  _tile_loadd(4, a + part * 2 * SPLIT_TILE, 64); \
  if (down) _tile_loadd(5, a + part * 2 * SPLIT_TILE + SPLIT_TILE, 64)
#define SPLIT_B(part) \
  _tile_loadd(6, b + part * 2 * SPLIT_TILE, 64); \
  if (across) _tile_loadd(7, b + part * 2 * SPLIT_TILE + SPLIT_TILE, 64)
#define SPLIT_MULTIPLY \
  _tile_dpbf16ps(0, 4, 6); \
  if (across) _tile_dpbf16ps(1, 4, 7); \
  if (down) _tile_dpbf16ps(2, 5, 6); \
  if (down && across) _tile_dpbf16ps(3, 5, 7)
  for (long t = 0; t < groups; t++) {
    SPLIT_A(2);
    SPLIT_B(0);
    SPLIT_MULTIPLY;
    SPLIT_A(1);
    SPLIT_MULTIPLY;
    SPLIT_B(1);
    SPLIT_MULTIPLY;
    SPLIT_A(0);
    SPLIT_MULTIPLY;
    SPLIT_B(2);
    SPLIT_MULTIPLY;
    SPLIT_B(0);
    SPLIT_MULTIPLY;
    a += 2 * SPLIT_TILES, b += 2 * SPLIT_TILES;
    walk_lines(walk, SPLIT_AHEAD);
  }
  char *to = (char *)c;
  const long rows_apart = cr;
  SPLIT_EACH(SPLIT_STORE);
}

// Rows x cols of at most 32 x 32, between C and a block of their own where a tile has more of them.
DLC_INLINE void move_block(
  long rows, long cols, float *to, long tr, const float *from, long fr, int relu
) {
  const __mmask16 first = mask_of_f32(cols < 16 ? cols : 16);
  const __mmask16 second = mask_of_f32(cols < 16 ? 0 : cols - 16);
  for (long r = 0; r < rows; r++, to += tr, from += fr) {
    __m512 x = _mm512_maskz_loadu_ps(first, from), y = _mm512_maskz_loadu_ps(second, from + 16);
    if (relu) {
      // As gemm_vector.h has it: NaN stays.
      x = _mm512_mask_mov_ps(
        x, _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_LT_OQ), _mm512_setzero_ps());
      y = _mm512_mask_mov_ps(
        y, _mm512_cmp_ps_mask(y, _mm512_setzero_ps(), _CMP_LT_OQ), _mm512_setzero_ps());
    }
    _mm512_mask_storeu_ps(to, first, x);
    _mm512_mask_storeu_ps(to + 16, second, y);
  }
}

// Up to 32 rows and columns of C, from A's and B's tiles.
SPLIT_TARGET static void split_corner(
  long groups, long rows, long cols, const char *a, const char *b, const float *start, long sr,
  float *c, long cr, int relu, float *block, struct dlc_walk *walk
) {
  const int down = rows > 16, across = cols > 16;
  const int is_whole = rows % 16 == 0 && cols % 16 == 0;
  float *to = c;
  long apart = cr;
  if (!is_whole || relu) {
    // Beyond the rows and columns there are, tiles have what nobody reads.
    to = block, apart = SPLIT_COLUMNS;
    if (start && !is_whole) {
      if (start != block) move_block(rows, cols, block, SPLIT_COLUMNS, start, sr, 0);
      start = block, sr = SPLIT_COLUMNS;
    }
  }
  sr *= 4, apart *= 4;
  if (down && across)
    split_tile(1, 1, groups, a, b, start, sr, to, apart, walk);
  else if (down)
    split_tile(1, 0, groups, a, b, start, sr, to, apart, walk);
  else if (across)
    split_tile(0, 1, groups, a, b, start, sr, to, apart, walk);
  else
    split_tile(0, 0, groups, a, b, start, sr, to, apart, walk);
  if (to == block) move_block(rows, cols, c, cr, block, SPLIT_COLUMNS, relu);
}

static void amx_brgemm_bf16x3_f32(
  const dlc_gemm_shape *g, long rows1, long rows, long cols, const float *a, const float *b, long bn,
  const float *start, long sr1, long sr, float *c, int relu, const dlc_ahead *ahead, float *spare
) {
  struct dlc_walk walk = walk_begin(ahead);
  // Pieces of about the same length, of whole tiles but for the last one.
  const long parts = (g->k + SPLIT_STEPS - 1) / SPLIT_STEPS;
  const long length = parts ? ((g->k + parts - 1) / parts + 31) / 32 * 32 : 0;
  const long pieces = g->k2 * g->k1 * parts;
  if (pieces == 0) {
    k_brgemm_add_f32(g, rows1, rows, cols, a, b, start, sr1, sr, c, relu, ahead);
    return;
  }
  if (g->ar1 == rows * g->ar && g->cr1 == rows * g->cr && (!start || sr1 == rows * sr))
    rows *= rows1, rows1 = 1;
  // A tile of C, then those of 32 rows of A, and of all columns of B.
  const long strip = length / 16 * SPLIT_TILES;
  float *block = spare;
  char *of_a = (char *)(block + SPLIT_ROWS * SPLIT_COLUMNS), *of_b = of_a + strip;
  split_begin();
  for (long i = 0; i < pieces; i++) {
    const long p = i % parts * length, p1 = i / parts % g->k1, p2 = i / parts / g->k1;
    const long steps = g->k - p < length ? g->k - p : length;
    const int cuts = relu && i == pieces - 1;
    const float *right = b + p2 * g->b2 + p1 * g->b1 + p * g->b;
    const float *left = a + p2 * g->a2 + p1 * g->a1 + p * g->a;
    long bk = g->b;
    int is_wrong_b = 0;
    for (long j = 0; j < cols; j += SPLIT_COLUMNS) {
      const long n = cols - j < SPLIT_COLUMNS ? cols - j : SPLIT_COLUMNS;
      is_wrong_b |=
        split_side(0, steps, n, right + j * bn, bk, bn, of_b + j / SPLIT_COLUMNS * strip);
    }
    for (long r1 = 0; r1 < rows1; r1++)
      for (long r = 0; r < rows; r += SPLIT_ROWS) {
        const long n = rows - r < SPLIT_ROWS ? rows - r : SPLIT_ROWS;
        const float *row = left + r1 * g->ar1 + r * g->ar;
        float *to = c + r1 * g->cr1 + r * g->cr;
        const float *from = i ? to : start ? start + r1 * sr1 + r * sr : 0;
        const long fr = i ? g->cr : sr;
        if (is_wrong_b || split_side(1, steps, n, row, g->a, g->ar, of_a)) {
          if (bn != 1 && right != (const float *)of_b) {
            // Columns that are not contiguous are made so in the place of B's tiles.
            k_copy_32(steps, cols, of_b, cols, 1, right, bk, bn);
            right = (const float *)of_b, bk = cols, is_wrong_b = 1;
          }
          const dlc_gemm_shape own = {1, 1, steps, 0, 0, g->a, 0, 0, bk, 0, 0, g->ar, g->cr};
          k_brgemm_add_f32(&own, 1, n, cols, row, right, from, 0, fr, to, cuts, 0);
          continue;
        }
        for (long j = 0; j < cols; j += SPLIT_COLUMNS)
          split_corner(
            (steps + 31) / 32, n, cols - j < SPLIT_COLUMNS ? cols - j : SPLIT_COLUMNS, of_a,
            of_b + j / SPLIT_COLUMNS * strip, from ? from + j : 0, fr, to + j, g->cr, cuts, block,
            &walk);
      }
  }
  split_end();
}

// The tables of AMX: those of AVX-512 but for this product.
#define k_brgemm_bf16x3_f32 amx_brgemm_bf16x3_f32
static const void *const amx_table[] = {DLC_KERNELS(DLC_ENTRY)};
#undef k_brgemm_bf16x3_f32

const struct dlc_isa_kernels dlc_kernels_amx = {
  amx_table, &tile_size_f32, &tile_size_f64, fma_chains, 12 * 2 * (DLC_VECTOR_BYTES / 4)
};
