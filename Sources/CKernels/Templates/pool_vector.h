// The windows of pool.h, 16 columns at a time.

#define POOL(S, T, wide, index) \
  static void k_pool_max_##S( \
    long rows, long cols, T *d, long ds, const T *a, long as, long ac, long n, const long *at \
  ) { \
    for (long r = 0; r < rows; r++, d += ds, a += as) { \
      long c = 0; \
      for (; ac == 1 && c + 16 <= cols; c += 16) { \
        wide best = *(const wide *)(a + c + at[0]); \
        for (long i = 1; i < n; i++) { \
          const wide x = *(const wide *)(a + c + at[i]); \
          best = OP_MAX(x, best); \
        } \
        *(wide *)(d + c) = best; \
      } \
      for (; c < cols; c++) { \
        const T *from = a + c * ac; \
        T best = from[at[0]]; \
        for (long i = 1; i < n; i++) best = OP_MAX(from[at[i]], best); \
        d[c] = best; \
      } \
    } \
  } \
  static void k_pool_sum_##S( \
    long rows, long cols, T *d, long ds, const T *a, long as, long ac, long n, const long *at \
  ) { \
    for (long r = 0; r < rows; r++, d += ds, a += as) { \
      long c = 0; \
      for (; ac == 1 && c + 16 <= cols; c += 16) { \
        wide sum = *(const wide *)(a + c + at[0]); \
        for (long i = 1; i < n; i++) sum += *(const wide *)(a + c + at[i]); \
        *(wide *)(d + c) = sum; \
      } \
      for (; c < cols; c++) { \
        const T *from = a + c * ac; \
        T sum = from[at[0]]; \
        for (long i = 1; i < n; i++) sum += from[at[i]]; \
        d[c] = sum; \
      } \
    } \
  } \
  static void k_pool_max_grad_##S( \
    long rows, long cols, T *d, long ds, long dc, const T *g, long gs, long gc, const T *a, long as, \
    long ac, long n, const long *to, const long *at, int accumulate \
  ) { \
    for (long r = 0; r < rows; r++, d += ds, g += gs, a += as) { \
      long c = 0; \
      for (; ac == 1 && dc == 1 && c + 16 <= cols; c += 16) { \
        /* Hardware looks no farther than a page. */ \
        for (long i = 0; i < n; i++) __builtin_prefetch(a + c + at[i] + 8 * as, 1, 2); \
        wide best = *(const wide *)(a + c + at[0]); \
        index place = (index)(0); \
        for (long i = 1; i < n; i++) { \
          const wide x = *(const wide *)(a + c + at[i]); \
          const index larger = (x > best) | (x != x); \
          best = larger ? x : best; \
          place = larger ? (index)(i) : place; \
        } \
        T given[16]; \
        for (int k = 0; k < 16; k++) given[k] = g[(c + k) * gc]; \
        const wide own = *(const wide *)given; \
        for (long i = 0; i < n; i++) { \
          wide *target = (wide *)(d + c + to[i]); \
          const wide share = place == (index)(i) ? own : (wide)(0); \
          *target = accumulate ? *target + share : share; \
        } \
      } \
      for (; c < cols; c++) { \
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
    for (long r = 0; r < rows; r++, d += ds, a += as) { \
      long c = 0; \
      for (; ac == 1 && dc == 1 && c + 16 <= cols; c += 16) { \
        const wide x = *(const wide *)(a + c); \
        for (long i = 0; i < n; i++) *(wide *)(d + c + to[i]) = x; \
      } \
      for (; c < cols; c++) \
        for (long i = 0; i < n; i++) d[c * dc + to[i]] = a[c * ac]; \
    } \
  }
