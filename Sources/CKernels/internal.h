// What the instruction sets' files and the dispatcher share.
#pragma once

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "Templates/names.h"
#include "ckernels.h"

// One instruction set: its functions in the order of DLC_KERNELS, its register tiles, and the loop
// that measures it (`chain_flops` operations an iteration).
struct dlc_isa_kernels {
  const void *const *table;
  const dlc_tile *tile_f32, *tile_f64;
  void (*fma_chains)(long count);
  long chain_flops;
};

extern const struct dlc_isa_kernels dlc_kernels_plain;
#if defined(__x86_64__)
extern const struct dlc_isa_kernels dlc_kernels_avx2, dlc_kernels_avx512, dlc_kernels_amx;
#elif defined(__aarch64__)
extern const struct dlc_isa_kernels dlc_kernels_neon;
#endif

// The instruction set of that number, plain where this machine has no such.
const struct dlc_isa_kernels *dlc_isa_kernels_of(int isa);
