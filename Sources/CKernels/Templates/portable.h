// What the templates need in plain C99 alone: compiled as the kernels for any CPU, and carried along
// by C files that need no runtime, which define DLC_LOOP (before loops of independent iterations),
// DLC_UNROLL, DLC_BITS32 and DLC_BITS64 (types that may alias any other) and the square roots for
// the compiler at hand.

// Memory for `count` times `bytes` bytes of any element type.
#define DLC_BUFFER(name, count, bytes) double name[count][(bytes) / 8]

// Columns of a product's panel.
#define GEMM_COLUMNS(T) (256 / (long)sizeof(T))

#define DLC_ABS_f32(x) fabsf(x)
#define DLC_ABS_f64(x) fabs(x)
#define DLC_FLOOR_f32(x) floorf(x)
#define DLC_FLOOR_f64(x) floor(x)
#define DLC_CEIL_f32(x) ceilf(x)
#define DLC_CEIL_f64(x) ceil(x)
#define DLC_ROUND_f32(x) rintf(x)
#define DLC_ROUND_f64(x) rint(x)
#define DLC_TRUNC_f32(x) truncf(x)
#define DLC_TRUNC_f64(x) trunc(x)
#define DLC_COPYSIGN_f32(x, y) copysignf(x, y)
#define DLC_COPYSIGN_f64(x, y) copysign(x, y)
