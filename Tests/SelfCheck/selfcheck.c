// Holds the kernels of every instruction set this machine has against the plain ones, without
// Swift: for machines (or emulators) that have only a C compiler. bench/neon.sh runs it on emulated 64-bit
// ARM. Prints what differs; the exit status is 1 if anything does.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ckernels.h"

enum { room = 16384 };  // bytes of an operand

// Kernels of one signature. u: unary, p: with one parameter, q: with two, b: binary, t: ternary,
// w: where, r: to one value a row, c: to one value a column, g: argmax, s: sum of products.
// `to`: the type of the result, where it is not that of the operands.
static const struct { char kind; const char *names, *types, *to; } families[] = {
  {'u', "exp log log1p expm1 sqrt rsqrt reciprocal floor ceil trunc round sin cos atan tanh "
        "erf sigmoid silu gelu gelu_tanh softplus round_float16 round_bfloat16", "f32 f64", 0},
  {'u', "neg abs sign relu", "f32 f64 i32 i64", 0},
  {'u', "not", "b8", 0},
  {'u', "is_nan is_inf", "f32 f64", "b8"},
  {'u', "bit_not", "i32 i64 b8", 0},
  {'p', "leaky_relu elu", "f32 f64", 0},
  {'q', "clamp", "f32 f64 i32 i64", 0},
  {'b', "add sub mul div pow min max mod", "f32 f64 i32 i64", 0},
  {'b', "equal not_equal less less_equal greater greater_equal", "f32 f64 i32 i64 b8", "b8"},
  {'b', "and or xor", "b8", 0},
  {'b', "bit_and bit_or bit_xor shift_left shift_right shift_right_logical", "i32 i64 b8", 0},
  {'t', "muladd", "f32 f64", 0},
  {'w', "where", "f32 f64 i32 i64 b8", 0},
  {'r', "sum_rows prod_rows max_rows min_rows", "f32 f64 i32 i64", 0},
  {'c', "sum_cols prod_cols max_cols min_cols", "f32 f64 i32 i64", 0},
  {'g', "argmax_rows argmin_rows", "f32 f64 i32 i64 b8", "i64"},
  {'s', "sumprod_rows", "f32 f64", 0},
};

static uint64_t state = 1;
static double number(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (double)(int64_t)(state >> 11) * 0x1p-52 - 1;
}

static void fill(void *to, const char *type) {
  for (long i = 0; i < room / 8; i++) {
    const double x = number() * 4;
    if (!strcmp(type, "f32")) ((float *)to)[i] = (float)x;
    if (!strcmp(type, "f64")) ((double *)to)[i] = x;
    if (!strcmp(type, "i32")) ((int32_t *)to)[i] = (int32_t)(x * 5);
    if (!strcmp(type, "i64")) ((int64_t *)to)[i] = (int64_t)(x * 5);
    if (!strcmp(type, "b8")) ((uint8_t *)to)[i] = x > 0;
  }
}

static long size_of(const char *type) {
  return type[0] == 'b' ? 1 : type[1] == '3' ? 4 : 8;
}

static int close_to(double x, double y, double bound) {
  if (x != x || y != y) return x != x && y != y;
  return x == y || fabs(x - y) <= bound * (fabs(y) + 0.1);
}

static int same(const void *got, const void *want, const char *type) {
  for (long i = 0; i < room / 8; i++) {
    int fine;
    if (!strcmp(type, "f32"))
      fine = close_to(((const float *)got)[i], ((const float *)want)[i], 2e-5);
    else if (!strcmp(type, "f64"))
      fine = close_to(((const double *)got)[i], ((const double *)want)[i], 1e-13);
    else
      fine = !memcmp((const char *)got + i * size_of(type), (const char *)want + i * size_of(type),
                     size_of(type));
    if (!fine) return 0;
  }
  return 1;
}

typedef void unary(long, long, void *, long, const void *, long, long);
typedef void unary1(long, long, void *, long, const void *, long, long, double);
typedef void unary2(long, long, void *, long, const void *, long, long, double, double);
typedef void binary(long, long, void *, long, const void *, long, long, const void *, long, long);
typedef void ternary(long, long, void *, long, const void *, long, long, const void *, long, long,
                     const void *, long, long);
typedef void rows_of(long, long, void *, long, const void *, long, long, int);
typedef void cols_of(long, long, void *, const void *, long, long, int);
typedef void products(long, long, void *, long, const void *, long, long, const void *, long, long,
                      int);

static _Alignas(64) char a[room], b[room], c[room], bits[room], got[room + 64], want[room + 64];

// Strides of the inputs: contiguous, one value a row, transposed, with gaps.
static void call(char kind, const void *f, long m, long n, void *d, int layout) {
  const long rs[] = {n, 1, 1, 2 * n + 1}, cs[] = {1, 0, m, 2}, r = rs[layout], s = cs[layout];
  if (kind == 'u') ((unary *)f)(m, n, d, n + 1, a, r, s);
  if (kind == 'p') ((unary1 *)f)(m, n, d, n + 1, a, r, s, 0.3);
  if (kind == 'q') ((unary2 *)f)(m, n, d, n + 1, a, r, s, -1, 2);
  if (kind == 'b') ((binary *)f)(m, n, d, n + 1, a, r, s, b, n, 1);
  if (kind == 't') ((ternary *)f)(m, n, d, n + 1, a, r, s, b, n, 1, c, r, s);
  if (kind == 'w') ((ternary *)f)(m, n, d, n + 1, bits, n, 1, a, r, s, b, n, 1);
  if (kind == 'r') ((rows_of *)f)(m, n, d, 2, a, r, s, layout & 1);
  if (kind == 'c') ((cols_of *)f)(m, n, d, a, r, s, layout & 1);
  if (kind == 'g') ((unary *)f)(m, n, d, 2, a, r, s);
  if (kind == 's') ((products *)f)(m, n, d, 2, a, r, s, b, n, 1, layout & 1);
}

static int failures;

static void check(char kind, const char *name, const char *type, const char *to, int isa) {
  char full[64];
  snprintf(full, sizeof full, "dlc_%s_%s", name, type);
  const void *f = dlc_kernel(full, isa), *plain = dlc_kernel(full, DLC_ISA_PLAIN);
  static const long sizes[] = {0, 1, 3, 4, 5, 15, 16, 17};
  fill(a, type), fill(b, type), fill(c, type), fill(bits, "b8");
  if (!f) printf("%s: no such kernel\n", full), failures++;
  for (int i = 0; f && i < 8; i++)
    for (int j = 0; j < 8; j++)
      for (int layout = 0; layout < 4; layout++) {
        fill(got, to);
        memcpy(want, got, room);
        const long shift = size_of(to);  // not aligned to a vector
        call(kind, f, sizes[i], sizes[j], got + shift, layout);
        call(kind, plain, sizes[i], sizes[j], want + shift, layout);
        if (same(got, want, to)) continue;
        failures++;
        printf("%s on %s: %ld x %ld, layout %d\n", full, dlc_isa_name(isa), sizes[i], sizes[j],
               layout);
      }
}

typedef void product(const dlc_gemm_shape *, long, long, long, const float *, const float *,
                     float *, int);

// Sums of small integers are exact: the product must be.
static void check_product(int isa) {
  product *f = (product *)dlc_kernel("dlc_brgemm_f32", isa);
  const long mr = dlc_gemm_tile(isa, 4)->mr, nr = dlc_gemm_tile(isa, 4)->nr;
  float *x = (float *)a, *y = (float *)b, *d = (float *)got + 1;
  for (long i = 0; i < room / 4; i++)
    x[i] = (float)(i * 7 % 11 - 5), y[i] = (float)(i * 5 % 13 - 6);
  for (long rows = 0; rows <= mr + 1; rows++)
    for (long cols = 0; cols <= 2 * nr + 1; cols++)
      for (int transposed = 0; transposed < 2; transposed++) {
        const dlc_gemm_shape g = {2, 3, 4, 12, 4, transposed ? 5 : 1, 12 * cols, 4 * cols, cols, 30,
                                  rows * (cols + 1), transposed ? 1 : 6, cols + 1};
        memset(got, 0, sizeof got);
        f(&g, 2, rows, cols, x + 1, y + 1, d, 0);
        f(&g, 2, rows, cols, x + 1, y + 1, d, 1);
        int wrong = 0;
        for (long r1 = 0; r1 < 2; r1++)
          for (long r = 0; r < rows; r++)
            for (long j = 0; j <= cols; j++) {
              float sum = 0;
              for (long p = 0; j < cols && p < 24; p++)
                sum += 2 * x[1 + r1 * g.ar1 + r * g.ar + p / 4 * 4 + p % 4 * g.a] *
                       y[1 + p * cols + j];
              wrong |= sum != d[r1 * g.cr1 + r * g.cr + j];
            }
        if (!wrong) continue;
        failures++;
        printf("brgemm on %s: %ld x %ld\n", dlc_isa_name(isa), rows, cols);
      }
}

int main(void) {
  for (int isa = 1; isa < DLC_ISA_COUNT; isa++) {
    if (!dlc_isa_available(isa)) continue;
    const int before = failures;
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
      char names[256], types[64], *rest;
      strcpy(names, families[i].names);
      for (char *name = strtok_r(names, " ", &rest); name; name = strtok_r(0, " ", &rest)) {
        strcpy(types, families[i].types);
        char *more;
        for (char *type = strtok_r(types, " ", &more); type; type = strtok_r(0, " ", &more))
          check(families[i].kind, name, type, families[i].to ? families[i].to : type, isa);
      }
    }
    check_product(isa);
    printf("%s: %s\n", dlc_isa_name(isa), failures > before ? "differs from plain" : "as plain");
  }
  return failures != 0;
}
