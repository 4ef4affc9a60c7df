// The kernels for 64-bit ARM, whose baseline includes NEON.
#include "internal.h"

#if defined(__aarch64__)

#define DLC_ISA neon
#define DLC_PORTABLE 0
#define DLC_FUSED 1
#define DLC_VECTOR_BYTES 16
#define DLC_GEMM_ROWS 8
#define DLC_GEMM_STEPS 1
#define DLC_GEMM_AHEAD 8
#define DLC_GEMM_VECTORS 3

// A loop that a target cannot vectorize (a libm call in it, say) is no cause for a warning.
#pragma clang diagnostic ignored "-Wpass-failed"

#include "Templates/all.h"

#endif
