// The kernels for x86-64 CPUs with AVX-512 F, BW, DQ and VL, and for those that have AMX, too.
#include "internal.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define DLC_ISA avx512
#define DLC_PORTABLE 0
#define DLC_FUSED 1
#define DLC_VECTOR_BYTES 64
#define DLC_GEMM_ROWS 14
#define DLC_GEMM_STEPS 1
#define DLC_GEMM_AHEAD 8
#define DLC_GEMM_VECTORS 2
#define DLC_GEMM_X86

// A loop that a target cannot vectorize (a libm call in it, say) is no cause for a warning.
#pragma clang diagnostic ignored "-Wpass-failed"
#pragma clang attribute push( \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi,bmi2,popcnt"), \
                 min_vector_width(512))), \
  apply_to = function)
#include "Templates/all.h"
#include "Templates/gemm_bf16x3.h"

#pragma clang attribute pop
#endif
