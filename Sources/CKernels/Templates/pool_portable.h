// The windows of pool.h in plain C: the places of a window are the outer loop, so that the inner one
// runs along columns.

#define POOL(S, T, wide, index) \
  static void k_pool_max_##S( \
    long rows, long cols, T *d, long ds, const T *a, long as, long ac, long n, const long *at \
  ) { \
    for (long r = 0; r < rows; r++, d += ds, a += as) { \
      for (long c = 0; c < cols; c++) d[c] = a[c * ac + at[0]]; \
      for (long i = 1; i < n; i++) { \
        const T *from = a + at[i]; \
        if (ac == 1) { \
          DLC_LOOP for (long c = 0; c < cols; c++) d[c] = OP_MAX(from[c], d[c]); \
        } else { \
          for (long c = 0; c < cols; c++) d[c] = OP_MAX(from[c * ac], d[c]); \
        } \
      } \
    } \
  } \
  static void k_pool_sum_##S( \
    long rows, long cols, T *d, long ds, const T *a, long as, long ac, long n, const long *at \
  ) { \
    for (long r = 0; r < rows; r++, d += ds, a += as) { \
      for (long c = 0; c < cols; c++) d[c] = a[c * ac + at[0]]; \
      for (long i = 1; i < n; i++) { \
        const T *from = a + at[i]; \
        if (ac == 1) { \
          DLC_LOOP for (long c = 0; c < cols; c++) d[c] += from[c]; \
        } else { \
          for (long c = 0; c < cols; c++) d[c] += from[c * ac]; \
        } \
      } \
    } \
  } \
  static void k_pool_max_grad_##S( \
    long rows, long cols, T *d, long ds, long dc, const T *g, long gs, long gc, const T *a, \
    long as, long ac, long n, const long *to, const long *at, int accumulate \
  ) { \
    for (long r = 0; r < rows; r++, d += ds, g += gs, a += as) { \
      for (long c = 0; c < cols; c++) { \
        const T *from = a + c * ac; \
        long place = 0; \
        for (long i = 1; i < n; i++) \
          if ((from[at[i]] > from[at[place]]) | (from[at[i]] != from[at[i]])) place = i; \
        for (long i = 0; !accumulate && i < n; i++) d[c * dc + to[i]] = 0; \
        d[c * dc + to[place]] += g[c * gc]; \
      } \
    } \
  } \
  static void k_pool_spread_##S( \
    long rows, long cols, T *d, long ds, long dc, const T *a, long as, long ac, long n, \
    const long *to \
  ) { \
    for (long r = 0; r < rows; r++, d += ds, a += as) \
      for (long i = 0; i < n; i++) \
        for (long c = 0; c < cols; c++) d[c * dc + to[i]] = a[c * ac]; \
  }
