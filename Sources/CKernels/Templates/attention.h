// What attention does to a block of scores between its matrix products.
//
//   attention_weights  row r sees its first n = min(cols, seen + r) columns: over those
//                        e = exp(s - m),  m the row's maximum,   factor[r] = 1 / sum of e
//                      in the scores' place, zeros in the other columns. A row that sees nothing
//                      but minus infinity gets zeros and factor 0. softmax = e * factor
//   attention_scores   the gradient of the scores, in the place of that of e * factor:
//                        dp = e (dp - factor[r] sum over the row of e dp)
//                      where dp is factor[r] times the gradient of the softmax
//
// Rows have room for cols rounded up to 16; what is there beyond cols is overwritten.

#define ATTENTION(S, T, wide, exponential) \
  static inline T largest_##S(long n, const T *a) { \
    T m = -(T)INFINITY; \
    long c = 0; \
    if (n >= 16) { \
      wide w = *(const wide *)a; \
      for (c = 16; c + 16 <= n; c += 16) { \
        const wide x = *(const wide *)(a + c); \
        w = x > w ? x : w; \
      } \
      for (int i = 0; i < 16; i++) m = w[i] > m ? w[i] : m; \
    } \
    for (; c < n; c++) m = a[c] > m ? a[c] : m; \
    return m; \
  } \
  static void row_weights_##S(long n, T *s, T m) { \
    n &= -DLC_BLOCK; \
    DLC_LOOP for (long c = 0; c < n; c++) s[c] = (T)exponential(s[c] - m); \
  } \
  static void k_attention_weights_##S( \
    long rows, long cols, T *s, long ss, T *factor, long seen \
  ) { \
    const long room = (cols + 15) & -16; \
    for (long r = 0; r < rows; r++, s += ss) { \
      const long n = seen + r < cols ? seen + r : cols, whole = (n + 15) & -16; \
      const T m = largest_##S(n, s); \
      row_weights_##S(whole, s, m > -(T)INFINITY ? m : 0); \
      memset(s + n, 0, (room - n) * sizeof(T)); \
      const T sum = sum_row_##S(whole, s, 1); \
      factor[r] = sum == 0 ? 0 : 1 / sum; \
    } \
  } \
  static void row_scores_##S(long n, T *dp, const T *e, T mean) { \
    n &= -DLC_BLOCK; \
    DLC_LOOP for (long c = 0; c < n; c++) dp[c] = e[c] * (dp[c] - mean); \
  } \
  static void k_attention_scores_##S( \
    long rows, long cols, T *dp, long ds, const T *e, long es, const T *factor \
  ) { \
    const long room = (cols + 15) & -16; \
    for (long r = 0; r < rows; r++, dp += ds, e += es) { \
      memset(dp + cols, 0, (room - cols) * sizeof(T)); \
      wide sums[4] = {(wide)(0), (wide)(0), (wide)(0), (wide)(0)}; \
      for (long c = 0; c < room; c += 16) { \
        wide *const sum = sums + (c / 16 & 3); \
        *sum += *(const wide *)(dp + c) * *(const wide *)(e + c); \
      } \
      row_scores_##S(room, dp, e, sum_fold_##S(sums) * factor[r]); \
    } \
  }

ATTENTION(f32, float, wide_f32, exp_float)
ATTENTION(f64, double, wide_f64, exp_full)
