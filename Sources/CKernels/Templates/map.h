// The driver of every elementwise kernel: walks a 2-D tile and hands rows to a row function.
//
// A row function sees rows of up to three inputs and one output, each of n contiguous elements and
// rows so many bytes apart, n a multiple of DLC_BLOCK, so that its loop vectorizes without a
// remainder. The driver makes it so: an operand with another column stride is first laid out in a
// buffer, the last n % DLC_BLOCK elements are padded. The output may be one of the inputs, never a
// shifted part of it.

#define DLC_BLOCK 16
#define DLC_CHUNK 256
#define DLC_NARROW 48

// What a C file that carries these kernels along defines for its compiler; see portable.h.
#if !DLC_CARRIED
#define DLC_LOOP _Pragma("clang loop vectorize(assume_safety) interleave_count(1)")
#define DLC_UNROLL _Pragma("clang loop unroll(full)")
// Elements of so many bits, whatever their type.
#define DLC_BITS8 uint8_t
#define DLC_BITS32 uint32_t
#define DLC_BITS64 uint64_t
#define DLC_SQRT_f32(x) __builtin_elementwise_sqrt(x)
#define DLC_SQRT_f64(x) __builtin_elementwise_sqrt(x)
#endif

#if DLC_PORTABLE
#include "portable.h"
#else
#define DLC_BUFFER(name, count, bytes) _Alignas(64) char name[count][bytes]
#define DLC_WIDE(T, lanes) T __attribute__((ext_vector_type(lanes), aligned(sizeof(T))))
#define DLC_SHUFFLE __builtin_shufflevector
#define DLC_ABS_f32(x) __builtin_elementwise_abs(x)
#define DLC_ABS_f64(x) __builtin_elementwise_abs(x)
#define DLC_FLOOR_f32(x) __builtin_elementwise_floor(x)
#define DLC_FLOOR_f64(x) __builtin_elementwise_floor(x)
#define DLC_CEIL_f32(x) __builtin_elementwise_ceil(x)
#define DLC_CEIL_f64(x) __builtin_elementwise_ceil(x)
#define DLC_ROUND_f32(x) __builtin_elementwise_rint(x)
#define DLC_ROUND_f64(x) __builtin_elementwise_rint(x)
#define DLC_TRUNC_f32(x) __builtin_elementwise_trunc(x)
#define DLC_TRUNC_f64(x) __builtin_elementwise_trunc(x)
#define DLC_COPYSIGN_f32(x, y) __builtin_elementwise_copysign(x, y)
#define DLC_COPYSIGN_f64(x, y) __builtin_elementwise_copysign(x, y)
#endif

typedef void row_function(
  long rows, long n, void *d, long ds, const void *const *in, const long *rs, const double *p);

// Rows of one call of a row function: what the inputs' rows are apart where there is only one.
static const long no_step[3];

// One operand: address, strides and element size in bytes.
struct input {
  const char *at;
  long rs, cs, size;
};

#define DLC_INPUT(T, a, as, ac) \
  {(const char *)(a), (as) * (long)sizeof(T), (ac) * (long)sizeof(T), sizeof(T)}

// Copies n elements that lie cs bytes apart (0: all the same) to a contiguous buffer.
static void lay_out(long n, void *to, const char *from, long cs, long size) {
  if (size == 4) {
    DLC_BITS32 *d = to;
    if (cs == 0) {
      const DLC_BITS32 value = *(const DLC_BITS32 *)from;
      DLC_LOOP for (long i = 0; i < n; i++) d[i] = value;
    } else {
      for (long i = 0; i < n; i++) d[i] = *(const DLC_BITS32 *)(from + i * cs);
    }
  } else if (size == 8) {
    DLC_BITS64 *d = to;
    if (cs == 0) {
      const DLC_BITS64 value = *(const DLC_BITS64 *)from;
      DLC_LOOP for (long i = 0; i < n; i++) d[i] = value;
    } else {
      for (long i = 0; i < n; i++) d[i] = *(const DLC_BITS64 *)(from + i * cs);
    }
  } else {
    uint8_t *d = to;
    for (long i = 0; i < n; i++) d[i] = *(const uint8_t *)(from + i * cs);
  }
}

// The last, incomplete block: computed in padded copies.
static void map_rest(
  long n, char *d, long dsize, int count, const struct input *in, const void *const *at,
  long offset, row_function *row, const double *p
) {
  DLC_BUFFER(pad, 4, DLC_BLOCK * 8) = {{0}};
  const void *padded[3] = {pad[0], pad[1], pad[2]};
  for (int i = 0; i < count; i++)
    memcpy(pad[i], (const char *)at[i] + offset * in[i].size, n * in[i].size);
  row(1, DLC_BLOCK, pad[3], 0, padded, no_step, p);
  memcpy(d + offset * dsize, pad[3], n * dsize);
}

// Rows too short to be worth a call each: as many as fit a chunk are laid out one after the other.
static void map_narrow(
  long rows, long cols, char *d, long ds, long dsize, int count, const struct input *in,
  row_function *row, const double *p
) {
  DLC_BUFFER(buffer, 4, DLC_CHUNK * 8);
  const long group = DLC_CHUNK / cols;
  for (long r = 0; r < rows; r += group) {
    const long m = rows - r < group ? rows - r : group, n = m * cols, whole = n & -DLC_BLOCK;
    const void *at[3];
    for (int i = 0; i < count; i++) {
      const long size = in[i].size, bytes = cols * size;
      const char *from = in[i].at + r * in[i].rs;
      at[i] = from;
      if (in[i].cs == size && in[i].rs == bytes) continue;
      at[i] = buffer[i];
      for (long k = 0; k < m; k++, from += in[i].rs) {
        if (in[i].cs == size)
          memcpy((char *)buffer[i] + k * bytes, from, bytes);
        else
          lay_out(cols, (char *)buffer[i] + k * bytes, from, in[i].cs, size);
      }
    }
    char *to = ds == cols ? d + r * ds * dsize : (char *)buffer[3];
    if (whole) row(1, whole, to, 0, at, no_step, p);
    if (whole < n) map_rest(n - whole, to, dsize, count, in, at, whole, row, p);
    for (long k = 0; ds != cols && k < m; k++)
      memcpy(d + (r + k) * ds * dsize, to + k * cols * dsize, cols * dsize);
  }
}

// A tile that lies in memory without gaps is one long row, and so is a single dense column.
static void flatten(long *rows, long *cols, long ds, int count, struct input *in) {
  int dense = ds == *cols;
  for (int i = 0; i < count; i++) dense &= in[i].rs == *cols * in[i].cs;
  if (*cols == 1 && ds == 1) {
    for (int i = 0; i < count; i++) in[i].cs = in[i].rs;
    dense = 1;
  }
  if (!dense) return;
  *cols *= *rows;
  *rows = 1;
}

// All rows in one call, where every operand is contiguous along them or the same everywhere.
static int map_direct(
  long rows, long cols, void *d, long ds, long dsize, int count, const struct input *in,
  row_function *row, const double *p
) {
  DLC_BUFFER(same, 3, DLC_CHUNK * 8);
  const void *at[3];
  long rs[3];
  for (int i = 0; i < count; i++) {
    const int is_one = in[i].cs == 0 && in[i].rs == 0 && cols <= DLC_CHUNK;
    if (!is_one && in[i].cs != in[i].size) return 0;
    at[i] = in[i].at, rs[i] = in[i].rs;
    if (!is_one) continue;
    lay_out(cols, same[i], in[i].at, 0, in[i].size);
    at[i] = same[i], rs[i] = 0;
  }
  row(rows, cols, d, ds * dsize, at, rs, p);
  return 1;
}

static void map(
  long rows, long cols, void *out, long ds, long dsize, int count, struct input *in,
  row_function *row, const double *p
) {
  if (rows <= 0 || cols <= 0) return;
  flatten(&rows, &cols, ds, count, in);
  if (rows > 1 && cols % DLC_BLOCK == 0 && map_direct(rows, cols, out, ds, dsize, count, in, row, p))
    return;
  if (rows > 1 && cols <= DLC_NARROW) {
    map_narrow(rows, cols, out, ds, dsize, count, in, row, p);
    return;
  }
  DLC_BUFFER(buffer, 3, DLC_CHUNK * 8);
  int direct = 1;
  for (int i = 0; i < count; i++) direct &= in[i].cs == in[i].size;
  const long step = direct ? cols : DLC_CHUNK;
  for (long r = 0; r < rows; r++) {
    char *d = (char *)out + r * ds * dsize;
    for (long c = 0; c < cols; c += step) {
      const long n = cols - c < step ? cols - c : step;
      const void *at[3];
      for (int i = 0; i < count; i++) {
        const char *from = in[i].at + r * in[i].rs + c * in[i].cs;
        at[i] = from;
        if (in[i].cs == in[i].size) continue;
        at[i] = buffer[i];
        const int filled = in[i].cs == 0 && (c > 0 || (r > 0 && in[i].rs == 0));
        if (!filled) lay_out(n, buffer[i], from, in[i].cs, in[i].size);
      }
      const long whole = n & -DLC_BLOCK;
      if (whole) row(1, whole, d + c * dsize, 0, at, no_step, p);
      if (whole < n) map_rest(n - whole, d + c * dsize, dsize, count, in, at, whole, row, p);
    }
  }
}

// Row function and kernel of D d = expression(x), with p[0] and p[1] at hand as `p0` and `p1`.
#define DLC_ROW1(name, D, A, expression) \
  static void row_##name( \
    long rows, long n, void *dv, long ds, const void *const *in, const long *rs, const double *p \
  ) { \
    const double p0 = p[0], p1 = p[1]; \
    (void)p0, (void)p1; \
    n &= -DLC_BLOCK; \
    for (long r = 0; r < rows; r++) { \
      D *d = (D *)((char *)dv + r * ds); \
      const A *a = (const A *)((const char *)in[0] + r * rs[0]); \
      DLC_LOOP for (long i = 0; i < n; i++) { \
        const A x = a[i]; \
        d[i] = (D)(expression); \
      } \
    } \
  }

// The row function of T d = function(x) on vectors of the instruction set.
#define DLC_ROW_VECTORS(name, T, vec, function) \
  static void row_##name( \
    long rows, long n, void *dv, long ds, const void *const *in, const long *rs, const double *p \
  ) { \
    (void)p; \
    for (long r = 0; r < rows; r++) { \
      T *d = (T *)((char *)dv + r * ds); \
      const T *a = (const T *)((const char *)in[0] + r * rs[0]); \
      for (long i = 0; i < n; i += DLC_VECTOR_BYTES / (long)sizeof(T)) \
        *(vec *)(d + i) = function(*(const vec *)(a + i)); \
    } \
  }

#define DLC_UNARY(name, D, A, expression) \
  DLC_ROW1(name, D, A, expression) DLC_UNARY_KERNEL(name, D, A)

#define DLC_UNARY_KERNEL(name, D, A) \
  static void k_##name(long rows, long cols, D *d, long ds, const A *a, long as, long ac) { \
    struct input in[1] = {DLC_INPUT(A, a, as, ac)}; \
    map(rows, cols, d, ds, sizeof(D), 1, in, row_##name, (const double[2]){0, 0}); \
  }

#define DLC_UNARY_P(name, D, A, expression) \
  DLC_ROW1(name, D, A, expression) \
  static void k_##name( \
    long rows, long cols, D *d, long ds, const A *a, long as, long ac, double p \
  ) { \
    struct input in[1] = {DLC_INPUT(A, a, as, ac)}; \
    map(rows, cols, d, ds, sizeof(D), 1, in, row_##name, (const double[2]){p, 0}); \
  }

#define DLC_UNARY_PP(name, D, A, expression) \
  DLC_ROW1(name, D, A, expression) \
  static void k_##name( \
    long rows, long cols, D *d, long ds, const A *a, long as, long ac, double lo, double hi \
  ) { \
    struct input in[1] = {DLC_INPUT(A, a, as, ac)}; \
    map(rows, cols, d, ds, sizeof(D), 1, in, row_##name, (const double[2]){lo, hi}); \
  }

// The same for D d = expression(x, y).
#define DLC_ROW2(name, D, A, expression) \
  static void row_##name( \
    long rows, long n, void *dv, long ds, const void *const *in, const long *rs, const double *p \
  ) { \
    const double p0 = p[0], p1 = p[1]; \
    (void)p0, (void)p1; \
    n &= -DLC_BLOCK; \
    for (long r = 0; r < rows; r++) { \
      D *d = (D *)((char *)dv + r * ds); \
      const A *a = (const A *)((const char *)in[0] + r * rs[0]); \
      const A *b = (const A *)((const char *)in[1] + r * rs[1]); \
      DLC_LOOP for (long i = 0; i < n; i++) { \
        const A x = a[i], y = b[i]; \
        d[i] = (D)(expression); \
      } \
    } \
  }

#define DLC_BINARY(name, D, A, expression) \
  DLC_ROW2(name, D, A, expression) \
  static void k_##name( \
    long rows, long cols, D *d, long ds, const A *a, long as, long ac, const A *b, long bs, \
    long bc \
  ) { \
    struct input in[2] = {DLC_INPUT(A, a, as, ac), DLC_INPUT(A, b, bs, bc)}; \
    map(rows, cols, d, ds, sizeof(D), 2, in, row_##name, (const double[2]){0, 0}); \
  }

#define DLC_BINARY_PP(name, D, A, expression) \
  DLC_ROW2(name, D, A, expression) \
  static void k_##name( \
    long rows, long cols, D *d, long ds, const A *a, long as, long ac, const A *b, long bs, \
    long bc, double s, double t \
  ) { \
    struct input in[2] = {DLC_INPUT(A, a, as, ac), DLC_INPUT(A, b, bs, bc)}; \
    map(rows, cols, d, ds, sizeof(D), 2, in, row_##name, (const double[2]){s, t}); \
  }
