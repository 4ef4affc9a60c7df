// The first n elements of a vector, 0 <= n <= lanes, without touching memory beyond them: masked
// loads and stores where the instruction set has them.
//
//   mask_S              what tells n to the others
//   mask_of_S(n)
//   load_part_S(p, m)   p[0], ..., p[n - 1], 0, ...
//   store_part_S(p, m, x)

typedef DLC_WIDE(float, DLC_VECTOR_BYTES / 4) vec_f32;
typedef DLC_WIDE(double, DLC_VECTOR_BYTES / 8) vec_f64;

#define DLC_INLINE static inline __attribute__((always_inline))

#if DLC_VECTOR_BYTES == 64

typedef __mmask16 mask_f32;
typedef __mmask8 mask_f64;
DLC_INLINE mask_f32 mask_of_f32(long n) { return (mask_f32)((1u << n) - 1); }
DLC_INLINE mask_f64 mask_of_f64(long n) { return (mask_f64)((1u << n) - 1); }
DLC_INLINE vec_f32 load_part_f32(const float *p, mask_f32 m) { return _mm512_maskz_loadu_ps(m, p); }
DLC_INLINE vec_f64 load_part_f64(const double *p, mask_f64 m) {
  return _mm512_maskz_loadu_pd(m, p);
}
DLC_INLINE void store_part_f32(float *p, mask_f32 m, vec_f32 x) { _mm512_mask_storeu_ps(p, m, x); }
DLC_INLINE void store_part_f64(double *p, mask_f64 m, vec_f64 x) { _mm512_mask_storeu_pd(p, m, x); }

#elif DLC_VECTOR_BYTES == 32

typedef __m256i mask_f32;
typedef __m256i mask_f64;
DLC_INLINE mask_f32 mask_of_f32(long n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
DLC_INLINE mask_f64 mask_of_f64(long n) {
  return _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), _mm256_setr_epi64x(0, 1, 2, 3));
}
DLC_INLINE vec_f32 load_part_f32(const float *p, mask_f32 m) { return _mm256_maskload_ps(p, m); }
DLC_INLINE vec_f64 load_part_f64(const double *p, mask_f64 m) { return _mm256_maskload_pd(p, m); }
DLC_INLINE void store_part_f32(float *p, mask_f32 m, vec_f32 x) { _mm256_maskstore_ps(p, m, x); }
DLC_INLINE void store_part_f64(double *p, mask_f64 m, vec_f64 x) { _mm256_maskstore_pd(p, m, x); }

#else

// No masks: an element at a time, into lanes that are constants once the loops unroll.
#define DLC_PART(S, T) \
  typedef long mask_##S; \
  DLC_INLINE mask_##S mask_of_##S(long n) { return n; } \
  DLC_INLINE vec_##S load_part_##S(const T *p, mask_##S m) { \
    vec_##S x = (vec_##S)(0); \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < DLC_VECTOR_BYTES / (int)sizeof(T); i++) \
      if (i < m) x[i] = p[i]; \
    return x; \
  } \
  DLC_INLINE void store_part_##S(T *p, mask_##S m, vec_##S x) { \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < DLC_VECTOR_BYTES / (int)sizeof(T); i++) \
      if (i < m) p[i] = x[i]; \
  }

DLC_PART(f32, float)
DLC_PART(f64, double)

#endif
