// The kernels for x86-64 CPUs with AVX2 and FMA.
#include "internal.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define DLC_ISA avx2
#define DLC_PORTABLE 0
#define DLC_FUSED 1
#define DLC_VECTOR_BYTES 32
#define DLC_GEMM_ROWS 6
#define DLC_GEMM_STEPS 4
#define DLC_GEMM_AHEAD 0
#define DLC_GEMM_VECTORS 2
#define DLC_GEMM_X86

// A loop that a target cannot vectorize (a libm call in it, say) is no cause for a warning.
#pragma clang diagnostic ignored "-Wpass-failed"
#pragma clang attribute push( \
  __attribute__((target("avx2,fma,bmi,bmi2,popcnt"), min_vector_width(256))), apply_to = function)
#include "Templates/all.h"

#pragma clang attribute pop
#endif
