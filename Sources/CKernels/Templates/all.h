// Everything one instruction set needs: included once by each of plain.c, avx2.c, avx512.c, neon.c
// with its name (DLC_ISA), DLC_PORTABLE (plain C99 alone), DLC_VECTOR_BYTES, DLC_FUSED (whether there is a fused multiply-add) and
// the register tile of the product defined.

#include "map.h"
#if !DLC_PORTABLE
#include "part.h"
#endif
#include "math.h"
#include "math_float.h"
#include "unary.h"
#include "binary.h"
#include "cast.h"
#include "fused.h"
#include "reduce.h"
#include "sort.h"
#include "move.h"
#include "pad.h"
#include "pool.h"
#include "random.h"
#include "pack.h"
#include "gemm.h"
#include "gemv.h"
#include "winograd.h"
#include "attention.h"
#include "rows.h"

#if !DLC_CARRIED
#define DLC_PASTE_(a, b) a##b
#define DLC_PASTE(a, b) DLC_PASTE_(a, b)
#define DLC_ENTRY(name) (const void *)k_##name,

static const void *const table[] = {DLC_KERNELS(DLC_ENTRY)};

const struct dlc_isa_kernels DLC_PASTE(dlc_kernels_, DLC_ISA) = {
  table, &tile_size_f32, &tile_size_f64, fma_chains, 12 * 2 * (DLC_VECTOR_BYTES / 4)
};
#endif
