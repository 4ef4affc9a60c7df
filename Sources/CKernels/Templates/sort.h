// The order of rows: d[r][0], d[r][1], ... are the indices of the elements of row r from the
// smallest to the largest, or the other way. Equal elements stay in the order of their indices;
// NaN is larger than everything.
//
// Insertion sort of short runs, then merges of runs of twice the length, between d and `spare`
// (room for cols indices), first from that of the two which makes the last merge end in d.

#define DLC_SORT_RUN 8

#define ARGSORT(S, T) \
  /* Whether y must stand before x, which comes first now. */ \
  static inline int goes_before_##S(T y, T x, int descending) { \
    return descending ? y > x || (y != y && x == x) : y < x || (x != x && y == y); \
  } \
  static void sort_run_##S( \
    int64_t *d, int64_t first, int64_t last, const T *a, long ac, int descending \
  ) { \
    for (int64_t i = first; i < last; i++) { \
      const T y = a[i * ac]; \
      int64_t at = i; \
      for (; at > first && goes_before_##S(y, a[d[at - 1] * ac], descending); at--) \
        d[at] = d[at - 1]; \
      d[at] = i; \
    } \
  } \
  static void merge_##S( \
    int64_t *d, const int64_t *from, long first, long middle, long last, const T *a, long ac, \
    int descending \
  ) { \
    long i = first, j = middle; \
    for (long at = first; at < last; at++) { \
      const int left = \
        i < middle && \
        (j >= last || !goes_before_##S(a[from[j] * ac], a[from[i] * ac], descending)); \
      d[at] = left ? from[i++] : from[j++]; \
    } \
  } \
  static void k_argsort_rows_##S( \
    long rows, long cols, int64_t *d, long ds, const T *a, long as, long ac, int descending, \
    int64_t *spare \
  ) { \
    int passes = 0; \
    for (long run = DLC_SORT_RUN; run < cols; run *= 2) passes++; \
    for (long r = 0; r < rows; r++) { \
      int64_t *to = passes & 1 ? spare : d + r * ds, *other = passes & 1 ? d + r * ds : spare; \
      for (long c = 0; c < cols; c += DLC_SORT_RUN) \
        sort_run_##S( \
          to, c, c + DLC_SORT_RUN < cols ? c + DLC_SORT_RUN : cols, a + r * as, ac, descending); \
      for (long run = DLC_SORT_RUN; run < cols; run *= 2) { \
        for (long c = 0; c < cols; c += 2 * run) { \
          const long middle = c + run < cols ? c + run : cols; \
          const long last = c + 2 * run < cols ? c + 2 * run : cols; \
          merge_##S(other, to, c, middle, last, a + r * as, ac, descending); \
        } \
        int64_t *const sorted = other; \
        other = to, to = sorted; \
      } \
    } \
  }

ARGSORT(f32, float)
ARGSORT(f64, double)
ARGSORT(i32, int32_t)
ARGSORT(i64, int64_t)
ARGSORT(b8, uint8_t)
