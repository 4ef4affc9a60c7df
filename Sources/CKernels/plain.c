// The kernels for the baseline every CPU of the architecture has: the reference of all others.
#include "internal.h"

#define DLC_ISA plain
#define DLC_PORTABLE 1
#define DLC_FUSED 0
#define DLC_VECTOR_BYTES 16

// A loop that a target cannot vectorize (a libm call in it, say) is no cause for a warning.
#pragma clang diagnostic ignored "-Wpass-failed"

#include "Templates/all.h"

