// Lanes of reductions as vectors of 16: the accumulators of a row and their fold, and columns.

typedef DLC_WIDE(float, 16) wide_f32;
typedef DLC_WIDE(double, 16) wide_f64;
typedef DLC_WIDE(int32_t, 16) wide_i32;
typedef DLC_WIDE(int64_t, 16) wide_i64;
typedef DLC_WIDE(uint32_t, 16) wide_u32;
typedef DLC_WIDE(uint64_t, 16) wide_u64;
typedef DLC_WIDE(uint8_t, 16) wide_b8;

#define ACCUMULATORS(T, wide, name, identity) \
  wide name[4] = {(wide)(identity), (wide)(identity), (wide)(identity), (wide)(identity)}

// Lanes 0 to 7 joined with those given.
#define FOLD_HALF(OP, wide, all, ...) \
  do { \
    const wide other = DLC_SHUFFLE(all, all, __VA_ARGS__, -1, -1, -1, -1, -1, -1, -1, -1); \
    all = OP(all, other); \
  } while (0)

// Adds n elements to the accumulators. Only the last call of a row may have n % 64 != 0.
#define REDUCE_LANES(op, OP, S, T, wide, identity) \
  static inline __attribute__((always_inline)) void op##_lanes_##S( \
    wide acc[4], long n, const T *a \
  ) { \
    long c = 0; \
    for (; c + 64 <= n; c += 64) { \
      acc[0] = OP(acc[0], *(const wide *)(a + c)); \
      acc[1] = OP(acc[1], *(const wide *)(a + c + 16)); \
      acc[2] = OP(acc[2], *(const wide *)(a + c + 32)); \
      acc[3] = OP(acc[3], *(const wide *)(a + c + 48)); \
    } \
    for (; c + 16 <= n; c += 16) { \
      const wide x = *(const wide *)(a + c); \
      acc[0] = OP(acc[0], x); \
      const wide first = acc[0]; \
      acc[0] = acc[1], acc[1] = acc[2], acc[2] = acc[3], acc[3] = first; \
    } \
    if (c == n) return; \
    T pad[16]; \
    for (int i = 0; i < 16; i++) pad[i] = identity; \
    memcpy(pad, a + c, (n - c) * sizeof(T)); \
    acc[0] = OP(acc[0], *(const wide *)pad); \
  } \
  static inline T op##_fold_##S(const wide acc[4]) { \
    const wide x = OP(acc[0], acc[1]), y = OP(acc[2], acc[3]); \
    wide all = OP(x, y); \
    FOLD_HALF(OP, wide, all, 8, 9, 10, 11, 12, 13, 14, 15); \
    FOLD_HALF(OP, wide, all, 4, 5, 6, 7, -1, -1, -1, -1); \
    FOLD_HALF(OP, wide, all, 2, 3, -1, -1, -1, -1, -1, -1); \
    FOLD_HALF(OP, wide, all, 1, -1, -1, -1, -1, -1, -1, -1); \
    return all[0]; \
  }

#define REDUCE_DENSE_COLS(OP, T, wide, identity) \
    for (; ac == 1 && c + 64 <= cols; c += 64) { \
      wide *to = (wide *)(d + c); \
      wide acc[4]; \
      for (int i = 0; i < 4; i++) acc[i] = accumulate ? to[i] : (wide)(identity); \
      for (long r = 0; r < rows; r++) { \
        const wide *from = (const wide *)(a + r * as + c); \
        for (int i = 0; i < 4; i++) acc[i] = OP(acc[i], from[i]); \
      } \
      for (int i = 0; i < 4; i++) to[i] = acc[i]; \
    } \
    for (; ac == 1 && c + 16 <= cols; c += 16) { \
      wide acc = accumulate ? *(wide *)(d + c) : (wide)(identity); \
      for (long r = 0; r < rows; r++) acc = OP(acc, *(const wide *)(a + r * as + c)); \
      *(wide *)(d + c) = acc; \
    }
