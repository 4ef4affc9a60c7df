// Matrix products on register tiles, C (+)= A B summed over up to three axes:
//
//   C[r1 cr1 + r cr + j] (+)= sum over p2, p1, p of
//       A[r1 ar1 + r ar + p2 a2 + p1 a1 + p a] B[p2 b2 + p1 b1 + p b + j]
//
// A plain product has one reduction axis; a convolution has three (filter rows, filter columns,
// channels) and rows of output positions. A and B lie anywhere; columns of B are contiguous, in a
// packed panel or not. A tile of mr x nr accumulators stays in registers over the whole sum, one
// broadcast element of A times nr / lanes vectors of B at a time (Goto and van de Geijn, "Anatomy
// of High-Performance Matrix Multiplication", 2008; the batch-reduce form after Georganas et al.,
// "Harnessing Deep Learning via a Single Building Block", 2020). Every element is the chain
//   c = start;  for p2, p1, p: c = fma(a, b, c)
// from 0, from C itself (accumulate) or from what is to be added, a bias or a residual,
// so results do not depend on how rows, columns or, in order, the sum are split over calls (plain
// rounds twice).

#if DLC_PORTABLE
#include "gemm_portable.h"
#else
#include "gemm_vector.h"
#endif

#define MATMUL_PLAIN(S, T) \
  static void k_matmul_plain_##S( \
    long rows, long cols, long k, const void *left, long ar, long ak, const void *right, long bk, \
    long bn, void *result, long cr, int accumulate \
  ) { \
    const T *a = left, *b = right; \
    T *c = result; \
    for (long r = 0; r < rows; r++) \
      for (long j = 0; j < cols; j++) { \
        T sum = accumulate ? c[r * cr + j] : 0; \
        for (long p = 0; p < k; p++) sum += a[r * ar + p * ak] * b[p * bk + j * bn]; \
        c[r * cr + j] = sum; \
      } \
  }

MATMUL_PLAIN(i32, uint32_t)
MATMUL_PLAIN(i64, uint64_t)

// The product that gemm_bf16x3.h has for matrix units, for instruction sets without one: element by
// element, in double precision. No plan for them asks for it.
static void k_brgemm_bf16x3_f32(
  const dlc_gemm_shape *g, long rows1, long rows, long cols, const float *a, const float *b, long bn,
  const float *start, long sr1, long sr, float *c, int relu, const dlc_ahead *ahead, float *spare
) {
  (void)ahead, (void)spare;
  for (long r1 = 0; r1 < rows1; r1++)
    for (long r = 0; r < rows; r++)
      for (long j = 0; j < cols; j++) {
        const float *row = a + r1 * g->ar1 + r * g->ar, *column = b + j * bn;
        double sum = start ? start[r1 * sr1 + r * sr + j] : 0;
        for (long p2 = 0; p2 < g->k2; p2++)
          for (long p1 = 0; p1 < g->k1; p1++)
            for (long p = 0; p < g->k; p++)
              sum += (double)row[p2 * g->a2 + p1 * g->a1 + p * g->a] *
                     column[p2 * g->b2 + p1 * g->b1 + p * g->b];
        c[r1 * g->cr1 + r * g->cr + j] = relu && sum < 0 ? 0 : (float)sum;
      }
}
