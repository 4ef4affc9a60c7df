// Elementwise kernels with two inputs: d[r][c] = f(a[r][c], b[r][c]), strides in elements, a column
// stride of 0 repeats one value along the row. Integers wrap; nothing traps. Comparisons write 0/1.

#define BINARY_FLOATS(op, expression) \
  DLC_BINARY(op##_f32, float, float, expression) DLC_BINARY(op##_f64, double, double, expression)

// Integer arithmetic is done unsigned, where overflow is defined.
#define BINARY_WRAP(op, operator) \
  DLC_BINARY(op##_i32, int32_t, int32_t, (int32_t)((uint32_t)x operator(uint32_t) y)) \
  DLC_BINARY(op##_i64, int64_t, int64_t, (int64_t)((uint64_t)x operator(uint64_t) y))

BINARY_FLOATS(add, x + y)
BINARY_FLOATS(sub, x - y)
BINARY_FLOATS(mul, x *y)
BINARY_FLOATS(div, x / y)
BINARY_WRAP(add, +)
BINARY_WRAP(sub, -)
BINARY_WRAP(mul, *)

// min and max hand on a NaN of either side.
BINARY_FLOATS(min, x < y || x != x ? x : y)
BINARY_FLOATS(max, x > y || x != x ? x : y)
DLC_BINARY(min_i32, int32_t, int32_t, x < y ? x : y)
DLC_BINARY(min_i64, int64_t, int64_t, x < y ? x : y)
DLC_BINARY(max_i32, int32_t, int32_t, x > y ? x : y)
DLC_BINARY(max_i64, int64_t, int64_t, x > y ? x : y)

// Integer quotients truncate, x / 0 = 0, x / -1 wraps; mod takes the divisor's sign, x mod 0 = 0.
#define INTEGER_DIVISION(S, T, U) \
  static inline T divide_##S(T x, T y) { \
    const T safe = y == 0 || y == -1 ? 1 : y; \
    const T negative = (T)((U)0 - (U)x); \
    return y == 0 ? 0 : y == -1 ? negative : x / safe; \
  } \
  static inline T modulo_##S(T x, T y) { \
    const T safe = y == 0 || y == -1 ? 1 : y; \
    const T rest = x % safe; \
    return rest != 0 && (rest ^ y) < 0 ? rest + y : rest; \
  } \
  static inline T power_##S(T x, T y) { \
    if (y < 0) return x == 1 ? 1 : x == -1 ? (y & 1 ? -1 : 1) : 0; \
    U base = (U)x, result = 1; \
    for (; y > 0; y >>= 1, base *= base) result = y & 1 ? result * base : result; \
    return (T)result; \
  } \
  DLC_BINARY(div_##S, T, T, divide_##S(x, y)) \
  DLC_BINARY(mod_##S, T, T, modulo_##S(x, y)) \
  DLC_BINARY(pow_##S, T, T, power_##S(x, y))

INTEGER_DIVISION(i32, int32_t, uint32_t)
INTEGER_DIVISION(i64, int64_t, uint64_t)

static inline double modulo_f64(double x, double y) {
  const double rest = fmod(x, y);
  return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
}

static inline float modulo_f32(float x, float y) {
  const float rest = fmodf(x, y);
  return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
}

DLC_BINARY(mod_f32, float, float, modulo_f32(x, y))
DLC_BINARY(mod_f64, double, double, modulo_f64(x, y))
DLC_BINARY(pow_f32, float, float, pow_float(x, y))
DLC_BINARY(pow_f64, double, double, pow(x, y))

#define COMPARE_ALL(op, operator) \
  DLC_BINARY(op##_f32, uint8_t, float, x operator y) \
  DLC_BINARY(op##_f64, uint8_t, double, x operator y) \
  DLC_BINARY(op##_i32, uint8_t, int32_t, x operator y) \
  DLC_BINARY(op##_i64, uint8_t, int64_t, x operator y) \
  DLC_BINARY(op##_b8, uint8_t, uint8_t, x operator y)

COMPARE_ALL(equal, ==)
COMPARE_ALL(not_equal, !=)
COMPARE_ALL(less, <)
COMPARE_ALL(less_equal, <=)
COMPARE_ALL(greater, >)
COMPARE_ALL(greater_equal, >=)

// Shifts by the width and more leave nothing but copies of the sign, where it is kept; so do
// negative ones, which count as large.
#define BITS(S, T, U, width) \
  DLC_BINARY(bit_and_##S, T, T, x & y) \
  DLC_BINARY(bit_or_##S, T, T, x | y) \
  DLC_BINARY(bit_xor_##S, T, T, x ^ y) \
  DLC_BINARY(shift_left_##S, T, T, (U)y < width ? (U)((U)x << ((U)y & (width - 1))) : 0) \
  DLC_BINARY(shift_right_##S, T, T, x >> ((U)y < width ? (U)y : width - 1)) \
  DLC_BINARY(shift_right_logical_##S, T, T, (U)y < width ? (U)x >> ((U)y & (width - 1)) : 0)

BITS(i32, int32_t, uint32_t, 32)
BITS(i64, int64_t, uint64_t, 64)

// Of bytes, which have no sign, the two shifts to the right are the same.
DLC_BINARY(bit_and_b8, uint8_t, uint8_t, x & y)
DLC_BINARY(bit_or_b8, uint8_t, uint8_t, x | y)
DLC_BINARY(bit_xor_b8, uint8_t, uint8_t, x ^ y)
DLC_BINARY(shift_left_b8, uint8_t, uint8_t, y < 8 ? x << (y & 7) : 0)
DLC_BINARY(shift_right_b8, uint8_t, uint8_t, y < 8 ? x >> (y & 7) : 0)
DLC_BINARY(shift_right_logical_b8, uint8_t, uint8_t, y < 8 ? x >> (y & 7) : 0)

DLC_BINARY(and_b8, uint8_t, uint8_t, (x != 0) & (y != 0))
DLC_BINARY(or_b8, uint8_t, uint8_t, (x | y) != 0)
DLC_BINARY(xor_b8, uint8_t, uint8_t, (x != 0) ^ (y != 0))
