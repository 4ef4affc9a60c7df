// The list of every kernel, the one place where a kernel gets its name. Each instruction set's file
// turns it into a table of functions, dispatch.c into the table of names; the order is the same.
#pragma once

#define DLC_FLOATS(X, op) X(op##_f32) X(op##_f64)
#define DLC_NUMBERS(X, op) DLC_FLOATS(X, op) X(op##_i32) X(op##_i64)
#define DLC_INTEGERS(X, op) X(op##_i32) X(op##_i64) X(op##_b8)
#define DLC_ALL(X, op) DLC_NUMBERS(X, op) X(op##_b8)
#define DLC_LABELLED(X, op) X(op##_f32_i32) X(op##_f32_i64) X(op##_f64_i32) X(op##_f64_i64)
#define DLC_WIDTHS(X, op) X(op##_8) X(op##_32) X(op##_64)

#define DLC_UNARY_NAMES(X) \
  DLC_NUMBERS(X, neg) DLC_NUMBERS(X, abs) DLC_NUMBERS(X, sign) DLC_NUMBERS(X, relu) \
  DLC_NUMBERS(X, clamp) X(not_b8) DLC_FLOATS(X, is_nan) DLC_FLOATS(X, is_inf) \
  DLC_INTEGERS(X, bit_not) DLC_FLOATS(X, round_float16) DLC_FLOATS(X, round_bfloat16) \
  DLC_FLOATS(X, exp) DLC_FLOATS(X, log) DLC_FLOATS(X, log1p) DLC_FLOATS(X, expm1) \
  DLC_FLOATS(X, sqrt) DLC_FLOATS(X, rsqrt) DLC_FLOATS(X, reciprocal) \
  DLC_FLOATS(X, floor) DLC_FLOATS(X, ceil) DLC_FLOATS(X, round) DLC_FLOATS(X, trunc) \
  DLC_FLOATS(X, sin) DLC_FLOATS(X, cos) DLC_FLOATS(X, tanh) DLC_FLOATS(X, erf) DLC_FLOATS(X, atan) \
  DLC_FLOATS(X, sigmoid) DLC_FLOATS(X, silu) DLC_FLOATS(X, gelu) DLC_FLOATS(X, gelu_tanh) \
  DLC_FLOATS(X, softplus) DLC_FLOATS(X, leaky_relu) DLC_FLOATS(X, elu)

#define DLC_BINARY_NAMES(X) \
  DLC_NUMBERS(X, add) DLC_NUMBERS(X, sub) DLC_NUMBERS(X, mul) DLC_NUMBERS(X, div) \
  DLC_NUMBERS(X, pow) DLC_NUMBERS(X, min) DLC_NUMBERS(X, max) DLC_NUMBERS(X, mod) \
  DLC_ALL(X, equal) DLC_ALL(X, not_equal) DLC_ALL(X, less) DLC_ALL(X, less_equal) \
  DLC_ALL(X, greater) DLC_ALL(X, greater_equal) X(and_b8) X(or_b8) X(xor_b8) \
  DLC_INTEGERS(X, bit_and) DLC_INTEGERS(X, bit_or) DLC_INTEGERS(X, bit_xor) \
  DLC_INTEGERS(X, shift_left) DLC_INTEGERS(X, shift_right) DLC_INTEGERS(X, shift_right_logical)

#define DLC_CAST_NAMES(X) \
  X(cast_f32_f64) X(cast_f32_i32) X(cast_f32_i64) X(cast_f32_b8) X(cast_f32_bool) \
  X(cast_f64_f32) X(cast_f64_i32) X(cast_f64_i64) X(cast_f64_b8) X(cast_f64_bool) \
  X(cast_i32_f32) X(cast_i32_f64) X(cast_i32_i64) X(cast_i32_b8) X(cast_i32_bool) \
  X(cast_i64_f32) X(cast_i64_f64) X(cast_i64_i32) X(cast_i64_b8) X(cast_i64_bool) \
  X(cast_b8_f32) X(cast_b8_f64) X(cast_b8_i32) X(cast_b8_i64) X(cast_b8_bool)

#define DLC_FUSED_NAMES(X) \
  DLC_ALL(X, where) DLC_FLOATS(X, muladd) DLC_FLOATS(X, axpby) DLC_FLOATS(X, ema_square) \
  DLC_FLOATS(X, relu_grad) DLC_FLOATS(X, adam)

#define DLC_REDUCE_NAMES(X) \
  DLC_NUMBERS(X, sum_rows) DLC_NUMBERS(X, prod_rows) DLC_ALL(X, max_rows) DLC_ALL(X, min_rows) \
  DLC_NUMBERS(X, sum_cols) DLC_NUMBERS(X, prod_cols) DLC_ALL(X, max_cols) DLC_ALL(X, min_cols) \
  DLC_ALL(X, argmax_rows) DLC_ALL(X, argmin_rows) DLC_FLOATS(X, sumprod_rows) \
  DLC_NUMBERS(X, cumsum_rows) DLC_NUMBERS(X, linear_scan_rows) DLC_ALL(X, argsort_rows)

#define DLC_MOVE_NAMES(X) \
  DLC_WIDTHS(X, copy) DLC_WIDTHS(X, fill) DLC_WIDTHS(X, pad) \
  DLC_WIDTHS(X, gather) DLC_WIDTHS(X, scatter) \
  DLC_NUMBERS(X, scatter_add) DLC_NUMBERS(X, scatter_mul) DLC_NUMBERS(X, scatter_min) \
  DLC_NUMBERS(X, scatter_max) \
  DLC_NUMBERS(X, iota)

#define DLC_POOL_NAMES(X) \
  DLC_FLOATS(X, pool_max) DLC_FLOATS(X, pool_sum) DLC_FLOATS(X, pool_max_grad) \
  DLC_FLOATS(X, pool_spread)

#define DLC_RANDOM_NAMES(X) DLC_FLOATS(X, uniform) DLC_FLOATS(X, normal)

#define DLC_GEMM_NAMES(X) \
  DLC_FLOATS(X, pack_b) DLC_FLOATS(X, gemm) DLC_FLOATS(X, gemm_direct) \
  DLC_FLOATS(X, brgemm) DLC_FLOATS(X, brgemm_add) DLC_FLOATS(X, brgemv) \
  DLC_FLOATS(X, brpack_b) X(brgemm_bf16x3_f32) \
  DLC_FLOATS(X, winograd_pack) DLC_FLOATS(X, winograd) DLC_FLOATS(X, winograd_gradient) \
  X(matmul_plain_i32) X(matmul_plain_i64)

#define DLC_ATTENTION_NAMES(X) \
  DLC_FLOATS(X, attention_weights) DLC_FLOATS(X, attention_scores) DLC_FLOATS(X, gelu_tanh_slope) \
  DLC_FLOATS(X, silu_slope) DLC_FLOATS(X, gelu_tanh_and_slope) DLC_FLOATS(X, silu_and_slope) \
  DLC_FLOATS(X, normalize) DLC_FLOATS(X, normalize_gradient) DLC_FLOATS(X, exp_sub_sum) \
  DLC_LABELLED(X, pick_rows) DLC_LABELLED(X, pick_sub_rows) DLC_LABELLED(X, muladd_at)

#define DLC_KERNELS(X) \
  DLC_UNARY_NAMES(X) DLC_BINARY_NAMES(X) DLC_CAST_NAMES(X) DLC_FUSED_NAMES(X) \
  DLC_REDUCE_NAMES(X) DLC_MOVE_NAMES(X) DLC_POOL_NAMES(X) DLC_RANDOM_NAMES(X) DLC_GEMM_NAMES(X) \
  DLC_ATTENTION_NAMES(X)
