// Lanes of reductions as arrays: 64 accumulators, of which `at` is the place of the next element.
// The order of operations is that of the vectors in reduce_vector.h.

#define ACCUMULATORS(T, wide, name, identity) \
  T name[64]; \
  for (int lane = 0; lane < 64; lane++) name[lane] = identity

// Adds n elements to the accumulators. Only the last call of a row may have n % 64 != 0.
#define REDUCE_LANES(op, OP, S, T, wide, identity) \
  static void op##_lanes_##S(T acc[64], long n, const T *a) { \
    long c = 0; \
    for (; c + 64 <= n; c += 64) \
      DLC_LOOP for (int i = 0; i < 64; i++) acc[i] = OP(acc[i], a[c + i]); \
    if (c == n) return; \
    /* What is left begins a turn of the accumulators that the fold must see. */ \
    const int turn = (int)(n - c) / 16 * 16; \
    T turned[64]; \
    for (int i = 0; c + i < n; i++) acc[i] = OP(acc[i], a[c + i]); \
    for (int i = turn + (int)((n - c) % 16); i % 16 != 0; i++) acc[i] = OP(acc[i], identity); \
    for (int i = 0; i < 64; i++) turned[i] = acc[(i + turn) % 64]; \
    for (int i = 0; i < 64; i++) acc[i] = turned[i]; \
  } \
  static T op##_fold_##S(T acc[64]) { \
    for (int i = 0; i < 16; i++) { \
      const T x = OP(acc[i], acc[i + 16]), y = OP(acc[i + 32], acc[i + 48]); \
      acc[i] = OP(x, y); \
    } \
    for (int half = 8; half > 0; half /= 2) \
      for (int i = 0; i < half; i++) acc[i] = OP(acc[i], acc[i + half]); \
    return acc[0]; \
  }

// Rows are added to the result where it lies: memory of a few hundred columns stays near.
#define REDUCE_DENSE_COLS(OP, T, wide, identity) \
  for (; ac == 1 && c < cols; c += 256) { \
    const long n = cols - c < 256 ? cols - c : 256; \
    T *to = d + c; \
    for (long i = 0; !accumulate && i < n; i++) to[i] = identity; \
    for (long r = 0; r < rows; r++) { \
      const T *row = a + r * as + c; \
      DLC_LOOP for (long i = 0; i < n; i++) to[i] = OP(to[i], row[i]); \
    } \
  }
