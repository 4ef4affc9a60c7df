// The templates as text, for C files that carry the plain kernels along.
#include "ckernels.h"

#include <stddef.h>

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char text_ckernels[] = {
#embed "include/ckernels.h"
};
static const unsigned char text_all[] = {
#embed "Templates/all.h"
};
static const unsigned char text_attention[] = {
#embed "Templates/attention.h"
};
static const unsigned char text_binary[] = {
#embed "Templates/binary.h"
};
static const unsigned char text_cast[] = {
#embed "Templates/cast.h"
};
static const unsigned char text_fused[] = {
#embed "Templates/fused.h"
};
static const unsigned char text_gemm[] = {
#embed "Templates/gemm.h"
};
static const unsigned char text_gemm_portable[] = {
#embed "Templates/gemm_portable.h"
};
static const unsigned char text_gemv[] = {
#embed "Templates/gemv.h"
};
static const unsigned char text_map[] = {
#embed "Templates/map.h"
};
static const unsigned char text_math[] = {
#embed "Templates/math.h"
};
static const unsigned char text_math_float[] = {
#embed "Templates/math_float.h"
};
static const unsigned char text_move[] = {
#embed "Templates/move.h"
};
static const unsigned char text_pack[] = {
#embed "Templates/pack.h"
};
static const unsigned char text_pad[] = {
#embed "Templates/pad.h"
};
static const unsigned char text_pool[] = {
#embed "Templates/pool.h"
};
static const unsigned char text_pool_portable[] = {
#embed "Templates/pool_portable.h"
};
static const unsigned char text_portable[] = {
#embed "Templates/portable.h"
};
static const unsigned char text_random[] = {
#embed "Templates/random.h"
};
static const unsigned char text_reduce[] = {
#embed "Templates/reduce.h"
};
static const unsigned char text_reduce_portable[] = {
#embed "Templates/reduce_portable.h"
};
static const unsigned char text_rows[] = {
#embed "Templates/rows.h"
};
static const unsigned char text_sort[] = {
#embed "Templates/sort.h"
};
static const unsigned char text_unary[] = {
#embed "Templates/unary.h"
};
static const unsigned char text_winograd[] = {
#embed "Templates/winograd.h"
};

static const dlc_source sources[] = {
  {"ckernels.h", text_ckernels, sizeof text_ckernels},
  {"all.h", text_all, sizeof text_all},
  {"attention.h", text_attention, sizeof text_attention},
  {"binary.h", text_binary, sizeof text_binary},
  {"cast.h", text_cast, sizeof text_cast},
  {"fused.h", text_fused, sizeof text_fused},
  {"gemm.h", text_gemm, sizeof text_gemm},
  {"gemm_portable.h", text_gemm_portable, sizeof text_gemm_portable},
  {"gemv.h", text_gemv, sizeof text_gemv},
  {"map.h", text_map, sizeof text_map},
  {"math.h", text_math, sizeof text_math},
  {"math_float.h", text_math_float, sizeof text_math_float},
  {"move.h", text_move, sizeof text_move},
  {"pack.h", text_pack, sizeof text_pack},
  {"pad.h", text_pad, sizeof text_pad},
  {"pool.h", text_pool, sizeof text_pool},
  {"pool_portable.h", text_pool_portable, sizeof text_pool_portable},
  {"portable.h", text_portable, sizeof text_portable},
  {"random.h", text_random, sizeof text_random},
  {"reduce.h", text_reduce, sizeof text_reduce},
  {"reduce_portable.h", text_reduce_portable, sizeof text_reduce_portable},
  {"rows.h", text_rows, sizeof text_rows},
  {"sort.h", text_sort, sizeof text_sort},
  {"unary.h", text_unary, sizeof text_unary},
  {"winograd.h", text_winograd, sizeof text_winograd},
};

const dlc_source *dlc_kernel_source(int index) {
  const int count = sizeof sources / sizeof sources[0];
  return index >= 0 && index < count ? sources + index : NULL;
}
