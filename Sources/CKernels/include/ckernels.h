// The virtual instruction set of generated code: kernels over 2-D tiles, found by name.
//
// Conventions, for every signature below:
//   S         type suffix: f32 float, f64 double, i32 int32_t, i64 int64_t, b8 uint8_t (bool, u8)
//   OUT       T *d, long ds                     row stride in elements; columns are contiguous
//   IN a      const T *a, long as, long ac      row and column stride in elements, any value; 1 and
//                                               0 (one value a row) are the fast column strides
//   TILE      long rows, long cols              0 is allowed for either
// An output may be exactly an input (same pointer, same strides) and may not overlap one otherwise.
// Kernels are reentrant, need no alignment beyond the element's, allocate nothing and never trap.
//
// UNARY  void dlc_OP_S(TILE, OUT, IN a)
//   f32 f64:          exp log log1p expm1 sqrt rsqrt reciprocal floor ceil trunc
//                     round (half to even) sin cos atan tanh erf sigmoid silu gelu gelu_tanh
//                     gelu_tanh_slope silu_slope softplus
//                     round_float16 round_bfloat16: the nearest number of that format, half to even
//   f32 f64 i32 i64:  neg abs sign relu
//   b8:               not         (input b8, output 0 or 1)
//   i32 i64 b8:       bit_not
//   is_nan is_inf, f32 f64        (output b8)
//   with `double p` at the end, f32 f64:  leaky_relu (x < 0 ? p x : x),
//                                         elu (x < 0 ? p (e^x - 1) : x)
//   with `double lo, double hi`, f32 f64 i32 i64:  clamp
// BINARY  void dlc_OP_S(TILE, OUT, IN a, IN b)
//   f32 f64 i32 i64:  add sub mul div pow min max mod.  min and max hand on NaN; mod has the
//                     divisor's sign; integers wrap, x / 0 = 0, x mod 0 = 0
//   all types, output b8:  equal not_equal less less_equal greater greater_equal
//   b8:               and or xor
//   i32 i64 b8:       bit_and bit_or bit_xor shift_left shift_right (keeps the sign)
//                     shift_right_logical.  A shift by the width and more, or a negative one,
//                     leaves nothing but the sign that is kept
// CAST  void dlc_cast_S_R(TILE, R *d, long ds, IN a)
//   S, R different of f32 f64 i32 i64 b8, and R = bool (x != 0, output b8).  float to integer:
//   toward zero, saturating, NaN to 0; integers to narrower ones and to b8 keep their low bits
// FUSED
//   void dlc_where_S(TILE, OUT, const uint8_t *c, long cs, long cc, IN a, IN b)       c ? a : b
//        all types
//   void dlc_muladd_S(TILE, OUT, IN a, IN b, IN c)                                    a b + c
//   void dlc_axpby_S(TILE, OUT, IN a, IN b, double s, double t)                       s a + t b
//   void dlc_ema_square_S(TILE, OUT, IN a, IN b, double s, double t)                  s a + t b^2
//   void dlc_relu_grad_S(TILE, OUT, IN g, IN y)                                       y > 0 ? g : 0
//   void dlc_OP_and_slope_S(TILE, OUT y, OUT slope, IN a)    OP = gelu_tanh silu: its value and its
//        derivative
//   void dlc_adam_S(TILE, T *w, long ws, T *m, long ms, T *v, long vs, const T *g, long gs,
//                   const T *step, const T *scale, double b1, double c1, double b2, double c2,
//                   double eps, double decay)
//        m = b1 m + c1 g;  v = b2 v + c2 g^2;  c = 1 - b
//        w = w (1 - decay) - *step m / (sqrt(v) *scale + eps)
//        with *step = lr / (1 - b1^t), *scale = 1 / sqrt(1 - b2^t), decay = lr * weight decay:
//        PyTorch's Adam (decay 0) and AdamW.  f32 f64, like all of FUSED but where
// REDUCTIONS
//   void dlc_OP_rows_S(TILE, T *d, long ds, IN a, int accumulate)     one value a row, at d[r * ds]
//   void dlc_OP_cols_S(TILE, T *d, IN a, int accumulate)              one value a column, at d[c]
//        OP = sum prod (f32 f64 i32 i64), max min (also b8: any and all).  accumulate: combine with
//        what d holds.  An empty reduction gives 0, 1, the lowest, the highest value
//   void dlc_argmax_rows_S, dlc_argmin_rows_S(TILE, int64_t *d, long ds, IN a)    first of equals
//   void dlc_sumprod_rows_S(TILE, T *d, long ds, IN a, IN b, int accumulate)      f32 f64
//   void dlc_cumsum_rows_S(TILE, OUT, IN a, int exclusive, int reverse)           f32 f64 i32 i64
//   void dlc_linear_scan_rows_S(TILE, OUT, IN a, IN b, int reverse)               f32 f64 i32 i64
//        d[c] = a[c] d[c - 1] + b[c], from d[-1] = 0; reverse: a[c] d[c + 1] + b[c]
//   void dlc_argsort_rows_S(TILE, int64_t *d, long ds, IN a, int descending, int64_t *spare)   all
//        the indices of a row's elements in order, equal ones ascending; NaN is the largest; spare
//        has room for cols indices
// MOVEMENT, W = 8 32 64 bits an element
//   void dlc_copy_W(TILE, void *d, long ds, long dc, const void *a, long as, long ac)
//        any strides; fast when contiguous and as a transpose (as == 1 or ds == 1).  Not in place
//   void dlc_fill_W(TILE, void *d, long ds, long dc, const void *value)
//   void dlc_pad_W(const dlc_pad_shape *g, long first, long last, void *d, const void *a,
//                  const void *value)
//        *value around and between the elements of a; planes first ..< last of the outermost axis
//        of the dense result d
//   long dlc_gather_W(TILE, void *d, long ds, const void *table, long ts, long limit,
//                     const int64_t *index, long is)                  d[r] = table[index[r]]
//        limit = rows of the table; negative indices count from its end; others are clamped.
//        Returns the number of indices that were out of range
//   long dlc_scatter_add_S(TILE, T *d, long ds, long limit, const int64_t *index, long is,
//                          const T *a, long as)                       d[index[r]] += a[r]
//        f32 f64 i32 i64; indices count from the end and are clamped as gather's
//   long dlc_scatter_W and long dlc_scatter_OP_S, OP = mul min max, with the same arguments:
//        d[index[r]] = a[r], the last one stays, or OP(d[index[r]], a[r]); min, max hand on NaN
//   void dlc_iota_S(TILE, OUT, int64_t start, int64_t row_step, int64_t col_step)   f32 f64 i32 i64
// WINDOWS, f32 f64: at and to hold n >= 1 places of a window's elements from its first one
//   void dlc_pool_max_S(TILE, OUT, IN, long n, const long *at)         largest of a window
//   void dlc_pool_sum_S(TILE, OUT, IN, long n, const long *at)         sum of a window
//   void dlc_pool_max_grad_S(TILE, OUT, long dc, T *g, long gs, long gc, IN, long n,
//                            const long *to, const long *at, int accumulate)
//        d[r][c][to[i]] (+)= a's largest element is at[i] ? g[r][c] : 0
//   void dlc_pool_spread_S(TILE, OUT, long dc, IN, long n, const long *to)
// RANDOM, f32 f64: Philox4x32-10; element first + i depends on (key, stream, first + i) alone
//   void dlc_uniform_S(long n, T *d, const int64_t *key, long stream, long first)   [0, 1)
//   void dlc_normal_S(long n, T *d, const int64_t *key, long stream, long first)    mean 0, sd 1
//        key[0] = seed, key[1] = step (its low 32 bits count)
// PRODUCTS, f32 f64; nr and mr of dlc_gemm_tile
//   void dlc_pack_b_S(long k, long cols, T *panel, const T *b, long bk, long bn)
//        panel[p * nr + j] = b[p * bk + j * bn], zeros for cols <= j < nr; fast for bn or bk == 1
//   void dlc_gemm_S(long rows, long cols, long k, const T *a, long ar, long ak, const T *panel,
//                   T *c, long cr, int accumulate)
//        C (+)= A panel; cols <= nr, any rows and k; fast for ak or ar == 1. Panels (and B below)
//        want 64-byte alignment: without it every load crosses a cache line
//   void dlc_gemm_direct_S(long rows, long cols, long k, const T *a, long ar, long ak,
//                          const T *b, long bk, T *c, long cr, int accumulate,
//                          const dlc_ahead *ahead)
//        the same with B[p * bk + j] read where it lies, any cols; same bits. `ahead` as below
//        Every element is one chain over p, begun with 0 or with c: results do not depend on how
//        rows, cols or (accumulating, in order) k are split over calls
//   void dlc_brgemm_S(const dlc_gemm_shape *g, long rows1, long rows, long cols, const T *a,
//                     const T *b, T *c, int accumulate)
//        C[r1 * cr1 + r * cr + j] (+)= sum over p2, p1, p of
//            A[r1 * ar1 + r * ar + p2 * a2 + p1 * a1 + p * a] * B[p2 * b2 + p1 * b1 + p * b + j]
//        The same chain over p2, p1, p in registers, from the first to the last; any sizes, any
//        strides of A; B's columns are contiguous. No element beyond cols is read or written, and
//        cols that end within the first vector of a panel cost one vector: a panel may be as narrow
//        as its columns. All three reduction axes of stride 0 in A or B are allowed too
//   void dlc_brgemm_add_S(const dlc_gemm_shape *g, long rows1, long rows, long cols, const T *a,
//                         const T *b, const T *start, long sr1, long sr, T *c, int relu,
//                         const dlc_ahead *ahead)
//        the same, from start[r1 * sr1 + r * sr + j] on: a bias (sr1 = sr = 0), a residual, or 0 for
//        NULL; with relu, negative results are 0. Meanwhile the memory that `ahead` (or NULL)
//        names is brought into the second-level cache
//   void dlc_brgemv_S(const dlc_gemm_shape *g, long rows1, long rows, const T *a, const T *b,
//                     const T *start, long sr1, long sr, T *c, int relu)
//        the same with one column of B; fast for a == b == 1 or ar == 1. An element's sum is split
//        over lanes, by its length alone: other bits than dlc_brgemm_add_S has, the same for any
//        split of the rows
//   void dlc_brpack_b_S(const dlc_pack_shape *g, long cols, T *panel, const T *b)
//        panel[((p2 * k1 + p1) * k + p) * width + j] = b[p2 * b2 + p1 * b1 + p * b + j * bn],
//        zeros for cols <= j < width; fast for bn == 1 or where one of b, b1, b2 is 1
//   void dlc_brgemm_bf16x3_f32(const dlc_gemm_shape *g, long rows1, long rows, long cols,
//                              const float *a, const float *b, long bn, const float *start, long sr1,
//                              long sr, float *c, int relu, const dlc_ahead *ahead, float *spare)
//        the same as dlc_brgemm_add_f32, with columns of B that are bn apart, on a matrix unit of
//        bfloat16: numbers are sums of three of them, of whose products those are left out that are
//        below 2^-23 of the largest, and magnitudes below 2^-126. Needs no packing of A or B; fast
//        where the columns or the innermost steps of both are contiguous. spare has room for
//        13312 + 12288 ceil(cols / 32). Results do not depend on how rows and cols are split over
//        calls
// WINOGRAD, f32 f64: convolutions of 3 x 3, stride 1, channels last; a quarter to a half of the
//                    multiplications
//   void dlc_winograd_pack_S(const dlc_pack_shape *g, long cols, T *panel, const T *b, T *spare)
//        the kernel, which lies as for dlc_brpack_b_S with k2 = k1 = 3, channels k and filters
//        columns, transformed: panel[place * k * width + p * width + j], 16 places. spare has room
//        for 9 k width
//   void dlc_winograd_S(const dlc_winograd_shape *g, long first, long rows, long cols, const T *x,
//                       const T *panel, const T *start, long s1, long s2, T *y, int relu,
//                       const dlc_ahead *ahead, T *spare)
//        y[r * y1 + q * y2 + f] = start[r * s1 + q * s2 + f] + sum over i, j, c of
//            x[(r + i) * x1 + (q + j) * x2 + c] w[i, j, c, f]
//        for r < rows, q < width and f < cols; start, relu and ahead as in dlc_brgemm_add_S. y is
//        row `first` of the result, and x row first - low1, place -low2 of the image. With
//        t = ceil(rows / 2) ceil(width / 2) tiles, spare has room for
//        16 (t channels + t cols + 64) + max(channels, cols). The bits depend on no split of rows
//        that begins at even ones, and on none of the columns
//   void dlc_winograd_gradient_S(const dlc_winograd_gradient_shape *g, long rows, long cols,
//                                const T *x, const T *y, T *w, T *spare)
//        w[c * w0 + i * w1 + j * w2 + f] = sum over n, r, q of
//            x[n * x0 + (r + i) * x1 + (q + j) * x2 + c] y[n * y0 + r * y1 + q * y2 + f]
//        for c < rows, f < cols, of `images` images with r < height and q < width; `band` rows, an
//        even number, of an image at a time. With t = band / 2 ceil(width / 2) tiles, spare has
//        room for 16 (t rows + t cols + rows cols + 96) + max(rows, cols). x is place (-low1, -low2) of
//        the first image
//   void dlc_matmul_plain_S(long rows, long cols, long k, const T *a, long ar, long ak,
//                           const T *b, long bk, long bn, T *c, long cr, int accumulate)   i32 i64
// ROWS, f32 f64; at most 4096 cols
//   void dlc_normalize_S(TILE, OUT, IN a, double eps)         (a - mean) / sqrt(variance + eps)
//   void dlc_normalize_gradient_S(TILE, OUT, IN a, IN g, double eps)     its gradient of a, from g
// SOFTMAX, f32 f64; m, b, c: one value a row; label: a column a row, i32 (I = i32) or i64
//   void dlc_exp_sub_sum_S(TILE, OUT, T *sum, long ss, IN a, IN m)       e^(a - m), and its rows' sums
//   void dlc_pick_rows_S_I(TILE, T *d, long ds, IN a, IN label)          a[r][label[r]]
//   void dlc_pick_sub_rows_S_I(TILE, T *d, long ds, IN a, IN b, IN label)    a[r][label[r]] - b[r]
//        both 0 where label[r] is no column
//   void dlc_muladd_at_S_I(TILE, OUT, IN a, IN b, IN c, IN label)
//        a b, and a b + c[r] in column label[r], if there is such
// ATTENTION, f32 f64; rows have room for cols rounded up to 16, in s and dp
//   void dlc_attention_weights_S(long rows, long cols, T *s, long ss, T *factor, long seen)
//        row r sees its first n = min(cols, seen + r) columns: s = exp(s - max of those) there, 0
//        elsewhere; factor[r] = 1 / sum of the row, 0 where all it sees is minus infinity
//   void dlc_attention_scores_S(long rows, long cols, T *dp, long ds, const T *e, long es,
//                               const T *factor)
//        dp = e (dp - factor[r] sum over the row of e dp)
// THREADS: dlc_barrier, dlc_share, dlc_take, the denormals' mode and dlc_now below, also found by name.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Instruction sets. The numbers of one architecture ascend with what its CPUs can do, but for AMX:
/// AVX-512 with a unit that multiplies tiles of bfloat16, which is faster only where a core runs one
/// thread, so that nobody gets it unasked.
enum {
  DLC_ISA_PLAIN = 0,
  DLC_ISA_AVX2 = 1,
  DLC_ISA_AVX512 = 2,
  DLC_ISA_NEON = 3,
  DLC_ISA_AMX = 4,
  DLC_ISA_COUNT = 5
};

/// The instruction set in use: the best this CPU has but for AMX, or the one the environment variable
/// DLC_ISA names (plain, avx2, avx512, amx, neon), where this CPU has it. Chosen once.
int dlc_isa(void);

/// Whether this CPU can run `isa`.
int dlc_isa_available(int isa);

const char *dlc_isa_name(int isa);

/// The kernel of that name ("dlc_add_f32") for `isa`, or for plain where this CPU has no `isa`;
/// NULL if there is no such kernel.
const void *dlc_kernel(const char *name, int isa);

/// The names there are, 0 ..< dlc_kernel_count().
int dlc_kernel_count(void);
const char *dlc_kernel_name(int index);

/// The register tile of the products: rows of C at a time, the columns of a full panel of B, and
/// the columns of one vector (nr is a multiple of it).
typedef struct dlc_tile {
  long mr, nr, lanes;
} dlc_tile;

/// Where a product's numbers lie, in elements: constants of a call site. Sizes and strides of the
/// three reduction axes, outermost first (size 1 where there is none), for A and for B's rows (in a
/// panel of nr columns nr for the innermost, k * nr, k1 * k * nr); then the strides of A and C
/// between outer rows and between rows.
typedef struct dlc_gemm_shape {
  long k2, k1, k;
  long a2, a1, a;
  long b2, b1, b;
  long ar1, cr1;
  long ar, cr;
} dlc_gemm_shape;

/// Memory that will be read or written soon: up to six regions of rows, which are `bytes` long and
/// `stride` bytes apart. The first `reads` regions will only be read: they need not be taken from
/// another core.
typedef struct dlc_ahead {
  const void *at[6];
  long stride[6], rows[6], bytes[6];
  long regions, reads;
} dlc_ahead;

/// Where the right side of a product lies before it is packed: sizes of the reduction axes,
/// outermost first, its strides along them and along the columns, and the columns of the panel.
typedef struct dlc_pack_shape {
  long k2, k1, k;
  long b2, b1, b, bn;
  long width;
} dlc_pack_shape;

/// Where a convolution's numbers lie: places of a row of the result, channels of x; rows and places
/// of zeros before x and the sizes of x itself, beyond which it is zero, too; elements between rows
/// and between places of x and of the result, and the columns of the kernel's panel.
typedef struct dlc_winograd_shape {
  long width, channels;
  long low1, low2, in1, in2;
  long x1, x2;
  long y1, y2;
  long panel;
} dlc_winograd_shape;

/// The same for the gradient of its kernel: images, rows and places of one, rows at a time; elements
/// between images, rows and places of x and of the result's gradient y; and between channels, rows
/// and columns of the kernel's gradient w.
typedef struct dlc_winograd_gradient_shape {
  long images, height, width, band;
  long low1, low2, in1, in2;
  long x0, x1, x2;
  long y0, y1, y2;
  long w0, w1, w2;
} dlc_winograd_gradient_shape;

/// Whether dlc_brgemm_bf16x3_f32 is fast: `isa` has a unit that multiplies tiles of bfloat16.
int dlc_has_matrix_unit(int isa);

/// The tile for elements of 4 (f32) or 8 (f64) bytes.
const dlc_tile *dlc_gemm_tile(int isa, int bytes);

/// Where a pad's elements go, axis by axis, outermost first: sizes of the operand and of the result,
/// place of the first element, distance between elements, elements of the result from one place to
/// the next, and the operand's strides.
typedef struct dlc_pad_shape {
  long rank;
  long in[8], out[8], low[8], step[8], run[8], stride[8];
} dlc_pad_shape;

/// A file of the plain kernels' source, by the name that the files include each other by.
typedef struct dlc_source {
  const char *name;
  const unsigned char *text;
  long size;
} dlc_source;

/// The files one after another from index 0 on; NULL beyond the last.
const dlc_source *dlc_kernel_source(int index);

/// A barrier's memory: zeroed before first use, 64-byte aligned, one for all threads.
typedef struct dlc_barrier_state {
  int arrived;
  int padding[15];
  int round;
  int more_padding[15];
} dlc_barrier_state;

/// Returns when `threads` threads have called it; what they wrote before is visible after.
void dlc_barrier(dlc_barrier_state *state, int threads);

/// The part begin ..< end of 0 ..< items that is `thread`'s; the parts differ by at most one.
void dlc_share(long items, int thread, int threads, long *begin, long *end);

/// Where threads keep what has been taken of the work of some kernels: for each a line of 64 bytes a
/// thread, zeroed before first use, those of a thread `stride` bytes after the ones of the thread
/// before. `step` is another number in each step.
typedef struct dlc_queues {
  char *lines;
  long stride;
  long step;
} dlc_queues;

/// Gives `thread` a part begin ..< end of 0 ..< items, 0 when none is left. The parts that all of
/// `threads` threads get cover every item once. A thread gets most of its share (dlc_share) at once,
/// then the rest in halves of what is left of it, and then, from their ends, halves of what is left
/// of the others' shares: nobody waits long for a thread whose core is slow or was taken away. Where
/// work is saved by items of the same `run` of so many, counted from item 0, following each other,
/// pieces are such runs. All items since ..< begin are this thread's of before: what it made for one
/// of them may serve again. `queue` is the kernel's number; all threads call this until they get 0,
/// once a step.
int dlc_take(
  const dlc_queues *queues, long queue, long items, long run, int thread, int threads, long *since,
  long *begin, long *end
);

/// Lets the calling thread count numbers below the smallest normal one as zero; returns what
/// dlc_restore_denormals takes to end that.
long dlc_flush_denormals(void);
void dlc_restore_denormals(long mode);

/// Nanoseconds of a clock that only runs forward.
long long dlc_now(void);

/// Lets the C library's heap grow in large steps and keep what is freed, so that it seldom changes
/// the process's mappings: each change waits for the pages that the system is making meanwhile.
void dlc_heap_large_steps(void);
/// Gives memory that is free back to the system.
void dlc_heap_trim(void);
/// Takes the code and constants of the program and its libraries out of memory; what is needed again
/// is mapped anew.
void dlc_code_give_back(void);

/// Bytes of a core's second-level cache; 0 where the system does not say.
long dlc_second_cache(void);

/// Multiply-add speed of one core in FLOP/s (f32), the best found in about `seconds`.
double dlc_fma_peak(int isa, double seconds);

/// Bytes a second that one core moves in a triad (d = s a + b) over 256 MB; 0 without the memory.
double dlc_memory_bandwidth(double seconds);

#ifdef __cplusplus
}
#endif
