// Windows that slide over a tensor. The places of the windows are a rows x cols tile; `at` holds
// where a window's n >= 1 elements lie, in elements from the first.
//
//   pool_max       d[r][c] = largest of a[r][c][at[0..n)], the first of equals, NaN if any is
//   pool_sum       d[r][c] = a[r][c][at[0]] + a[r][c][at[1]] + ...
//   pool_max_grad  d[r][c][to[i]] (+)= i is where a[r][c][at[..]] is largest ? g[r][c] : 0
//   pool_spread    d[r][c][to[i]] = a[r][c] for all i
//
// Without `accumulate` windows must not overlap. Sums are in the order of `at`: the same bits
// however the tile is cut. Where columns are next to each other in memory, 16 go at once.

#if DLC_PORTABLE
#include "pool_portable.h"
#else
#include "pool_vector.h"
#endif

POOL(f32, float, wide_f32, wide_i32)
POOL(f64, double, wide_f64, wide_i64)
