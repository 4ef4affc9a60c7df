// Kernels that do several steps of arithmetic in one pass over the tile.
//
//   where        d = c ? a : b
//   muladd       d = a b + c
//   axpby        d = s a + t b
//   ema_square   d = s a + t b^2
//   relu_grad    d = y > 0 ? g : 0
//   adam         Kingma and Ba, "Adam" (2015), algorithm 1 in the form of section 2:
//                  m = b1 m + c1 g,  v = b2 v + c2 g^2,  c = 1 - b
//                  w = w (1 - decay) - step m / (sqrt(v) scale + eps)
//                with step = lr / (1 - b1^t) and scale = 1 / sqrt(1 - b2^t), both read through
//                pointers since they change from step to step; decay = lr * weight decay (AdamW).
//                c is given: of b rounded to T, 1 - b would have few correct digits.

#define WHERE(S, T) \
  static void row_where_##S( \
    long rows, long n, void *dv, long ds, const void *const *in, const long *rs, const double *p \
  ) { \
    (void)p; \
    n &= -DLC_BLOCK; \
    for (long r = 0; r < rows; r++) { \
      T *d = (T *)((char *)dv + r * ds); \
      const uint8_t *c = (const uint8_t *)in[0] + r * rs[0]; \
      const T *a = (const T *)((const char *)in[1] + r * rs[1]); \
      const T *b = (const T *)((const char *)in[2] + r * rs[2]); \
      DLC_LOOP for (long i = 0; i < n; i++) { \
        const T x = a[i], y = b[i]; \
        d[i] = c[i] ? x : y; \
      } \
    } \
  } \
  static void k_where_##S( \
    long rows, long cols, T *d, long ds, const uint8_t *c, long cs, long cc, const T *a, long as, \
    long ac, const T *b, long bs, long bc \
  ) { \
    struct input in[3] = { \
      DLC_INPUT(uint8_t, c, cs, cc), DLC_INPUT(T, a, as, ac), DLC_INPUT(T, b, bs, bc) \
    }; \
    map(rows, cols, d, ds, sizeof(T), 3, in, row_where_##S, (const double[2]){0, 0}); \
  }

WHERE(f32, float)
WHERE(f64, double)
WHERE(i32, int32_t)
WHERE(i64, int64_t)
WHERE(b8, uint8_t)

#define MULADD(S, T) \
  static void row_muladd_##S( \
    long rows, long n, void *dv, long ds, const void *const *in, const long *rs, const double *p \
  ) { \
    (void)p; \
    n &= -DLC_BLOCK; \
    for (long r = 0; r < rows; r++) { \
      T *d = (T *)((char *)dv + r * ds); \
      const T *a = (const T *)((const char *)in[0] + r * rs[0]); \
      const T *b = (const T *)((const char *)in[1] + r * rs[1]); \
      const T *c = (const T *)((const char *)in[2] + r * rs[2]); \
      DLC_LOOP for (long i = 0; i < n; i++) d[i] = a[i] * b[i] + c[i]; \
    } \
  } \
  static void k_muladd_##S( \
    long rows, long cols, T *d, long ds, const T *a, long as, long ac, const T *b, long bs, \
    long bc, const T *c, long cs, long cc \
  ) { \
    struct input in[3] = { \
      DLC_INPUT(T, a, as, ac), DLC_INPUT(T, b, bs, bc), DLC_INPUT(T, c, cs, cc) \
    }; \
    map(rows, cols, d, ds, sizeof(T), 3, in, row_muladd_##S, (const double[2]){0, 0}); \
  }

MULADD(f32, float)
MULADD(f64, double)

DLC_BINARY_PP(axpby_f32, float, float, x *(float)p0 + y * (float)p1)
DLC_BINARY_PP(axpby_f64, double, double, x *p0 + y * p1)
DLC_BINARY_PP(ema_square_f32, float, float, x *(float)p0 + y * y * (float)p1)
DLC_BINARY_PP(ema_square_f64, double, double, x *p0 + y * y * p1)
DLC_BINARY(relu_grad_f32, float, float, y > 0 ? x : 0)
DLC_BINARY(relu_grad_f64, double, double, y > 0 ? x : 0)

#if DLC_PORTABLE
#define ADAM_ROW PORTABLE_ADAM_ROW
#else
#define ADAM_ROW VECTOR_ADAM_ROW

// m / (sqrt(v) scale + eps). On AVX-512 a division and a square root take longer than all the rest
// of Adam, but on the newest CPUs: in f32 they come from the CPU's estimates and a Newton step, to
// 2 ulp. The root is of no less than the smallest normal number, so that 0 is not multiplied by
// infinity; where v is infinite the divisor is NaN, and becomes the largest number. On AVX2, whose
// estimates need two steps each, they take half as long as those.
#define ADAM_RATIO(S, T) \
  DLC_INLINE vec_##S adam_ratio_##S(vec_##S m, vec_##S v, T scale, T eps) { \
    return m / (__builtin_elementwise_sqrt(v) * scale + eps); \
  }
#if DLC_VECTOR_BYTES == 64
DLC_INLINE vec_f32 adam_ratio_f32(vec_f32 m, vec_f32 v, float scale, float eps) {
  const vec_f32 least = (vec_f32)(0x1p-126f), most = (vec_f32)(0x1.fffffep+126f);
  const vec_f32 x = _mm512_max_ps(v, least), near = _mm512_rsqrt14_ps(x), root = x * near;
  const vec_f32 divisor = root * (1.5f - root * (0.5f * near)) * scale + eps;
  const vec_f32 y = _mm512_min_ps(divisor, most), q = _mm512_rcp14_ps(y);
  return m * q * (2.0f - y * q);
}
#else
ADAM_RATIO(f32, float)
#endif
ADAM_RATIO(f64, double)
#endif

// A row of whole blocks, a vector of the instruction set at a time or as the compiler has it.
#define PORTABLE_ADAM_ROW(S, T) \
  static void row_adam_##S(long n, T *w, T *m, T *v, const T *g, const struct adam_##S *by) { \
    const struct adam_##S k = *by; \
    DLC_LOOP for (long i = 0; i < n; i++) { \
      const T x = g[i], mean = k.b1 * m[i] + k.c1 * x, square = k.b2 * v[i] + k.c2 * (x * x); \
      m[i] = mean; \
      v[i] = square; \
      w[i] = w[i] * k.keep - k.step * (mean / (DLC_SQRT_##S(square) * k.scale + k.eps)); \
    } \
  }

#define VECTOR_ADAM_ROW(S, T) \
  static void row_adam_##S(long n, T *w, T *m, T *v, const T *g, const struct adam_##S *by) { \
    const struct adam_##S k = *by; \
    for (long i = 0; i < n; i += DLC_VECTOR_BYTES / (long)sizeof(T)) { \
      vec_##S *const wi = (vec_##S *)(w + i); \
      const vec_##S x = *(const vec_##S *)(g + i); \
      const vec_##S mean = k.b1 * *(const vec_##S *)(m + i) + k.c1 * x; \
      const vec_##S square = k.b2 * *(const vec_##S *)(v + i) + k.c2 * (x * x); \
      *(vec_##S *)(m + i) = mean; \
      *(vec_##S *)(v + i) = square; \
      *wi = *wi * k.keep - k.step * adam_ratio_##S(mean, square, k.scale, k.eps); \
    } \
  }

#define ADAM(S, T) \
  struct adam_##S { \
    T step, scale, b1, b2, c1, c2, eps, keep; \
  }; \
  ADAM_ROW(S, T) \
  static void k_adam_##S( \
    long rows, long cols, T *w, long ws, T *m, long ms, T *v, long vs, const T *g, long gs, \
    const T *step, const T *scale, double b1, double c1, double b2, double c2, double eps, \
    double decay \
  ) { \
    const struct adam_##S by = {*step, *scale, (T)b1,  (T)b2, \
                                (T)c1, (T)c2,  (T)eps, (T)(1 - decay)}; \
    if (ws == cols && ms == cols && vs == cols && gs == cols) cols *= rows, rows = rows > 0; \
    for (long r = 0; r < rows && cols > 0; r++) { \
      T *wr = w + r * ws, *mr = m + r * ms, *vr = v + r * vs; \
      const T *gr = g + r * gs; \
      const long whole = cols & -DLC_BLOCK, rest = cols - whole; \
      row_adam_##S(whole, wr, mr, vr, gr, &by); \
      if (!rest) continue; \
      T pad[4][DLC_BLOCK] = {{0}}; \
      memcpy(pad[0], wr + whole, rest * sizeof(T)); \
      memcpy(pad[1], mr + whole, rest * sizeof(T)); \
      memcpy(pad[2], vr + whole, rest * sizeof(T)); \
      memcpy(pad[3], gr + whole, rest * sizeof(T)); \
      row_adam_##S(DLC_BLOCK, pad[0], pad[1], pad[2], pad[3], &by); \
      memcpy(wr + whole, pad[0], rest * sizeof(T)); \
      memcpy(mr + whole, pad[1], rest * sizeof(T)); \
      memcpy(vr + whole, pad[2], rest * sizeof(T)); \
    } \
  }

ADAM(f32, float)
ADAM(f64, double)
