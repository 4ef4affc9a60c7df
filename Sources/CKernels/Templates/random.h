// Counter-based random numbers: Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random
// numbers: as easy as 1, 2, 3" (SC'11).
//
// (n, d, key, stream, first): element i = first + position comes from block i / 4, word i % 4 (f64:
// block i / 2, words 2 (i % 2) and the next), where
//   counter = {low 32 of block, high 32 of block, low 32 of key[1], stream}
//   key     = {low 32 of key[0], high 32 of key[0]}
// so a range may be split anywhere. uniform: (word >> 8) 2^-24 in [0, 1), f64 53 bits.
// normal: Box and Muller (1958) on a pair of words: with u1 in (0, 1], u2 in [0, 1),
//   z0 = sqrt(-2 log u1) cos(2 pi u2), z1 = sqrt(-2 log u1) sin(2 pi u2).

#define PHILOX_BLOCKS 16

// Words of 16 consecutive blocks, w[word][block].
static void philox_blocks(
  uint32_t w[4][PHILOX_BLOCKS], uint64_t block, uint32_t step, uint32_t stream, uint64_t seed
) {
  DLC_LOOP for (int b = 0; b < PHILOX_BLOCKS; b++) {
    uint32_t x0 = (uint32_t)(block + b), x1 = (uint32_t)((block + b) >> 32), x2 = step, x3 = stream;
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    DLC_UNROLL for (int round = 0; round < 10; round++) {
      const uint64_t p0 = (uint64_t)0xD2511F53u * x0, p1 = (uint64_t)0xCD9E8D57u * x2;
      const uint32_t y0 = (uint32_t)(p1 >> 32) ^ x1 ^ k0, y2 = (uint32_t)(p0 >> 32) ^ x3 ^ k1;
      x1 = (uint32_t)p1, x3 = (uint32_t)p0, x0 = y0, x2 = y2;
      k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
    }
    w[0][b] = x0, w[1][b] = x1, w[2][b] = x2, w[3][b] = x3;
  }
}

static void uniform_block_f32(float *d, uint32_t w[4][PHILOX_BLOCKS]) {
  for (int b = 0; b < PHILOX_BLOCKS; b++)
    for (int j = 0; j < 4; j++) d[4 * b + j] = (float)(int32_t)(w[j][b] >> 8) * 0x1p-24f;
}

static inline double unit_f64(uint32_t low, uint32_t high) {
  return (double)(int64_t)(((uint64_t)high << 32 | low) >> 11) * 0x1p-53;
}

static void uniform_block_f64(double *d, uint32_t w[4][PHILOX_BLOCKS]) {
  for (int b = 0; b < PHILOX_BLOCKS; b++) {
    d[2 * b] = unit_f64(w[0][b], w[1][b]);
    d[2 * b + 1] = unit_f64(w[2][b], w[3][b]);
  }
}

static void normal_block_f32(float *d, uint32_t w[4][PHILOX_BLOCKS]) {
  float z[4][PHILOX_BLOCKS];
  for (int j = 0; j < 4; j += 2) {
    DLC_LOOP for (int b = 0; b < PHILOX_BLOCKS; b++) {
      const double u1 = ((int32_t)(w[j][b] >> 8) + 1) * 0x1p-24;
      const double angle = (int32_t)(w[j + 1][b] >> 8) * (0x1.921fb54442d18p+2 * 0x1p-24);
      const double radius = DLC_SQRT_f64(-2.0 * log_short(u1));
      z[j][b] = (float)(radius * sin_cos_short(angle, 1));
      z[j + 1][b] = (float)(radius * sin_cos_short(angle, 0));
    }
  }
  for (int b = 0; b < PHILOX_BLOCKS; b++)
    for (int j = 0; j < 4; j++) d[4 * b + j] = z[j][b];
}

static void normal_block_f64(double *d, uint32_t w[4][PHILOX_BLOCKS]) {
  for (int b = 0; b < PHILOX_BLOCKS; b++) {
    const double u1 = unit_f64(w[0][b], w[1][b]) + 0x1p-53;
    const double angle = unit_f64(w[2][b], w[3][b]) * 0x1.921fb54442d18p+2;
    const double radius = DLC_SQRT_f64(-2.0 * log(u1));
    d[2 * b] = radius * cos(angle);
    d[2 * b + 1] = radius * sin(angle);
  }
}

// `per` elements come out of one Philox block. Whole groups of blocks go straight to d.
#define RANDOM(op, S, T, per) \
  static void k_##op##_##S(long n, T *d, const int64_t *key, long stream, long first) { \
    const long group = PHILOX_BLOCKS * per; \
    const uint32_t step = (uint32_t)key[1]; \
    for (long done = 0; done < n;) { \
      uint32_t w[4][PHILOX_BLOCKS]; \
      const long at = first + done, skip = at % per; \
      philox_blocks(w, (uint64_t)(at / per), step, (uint32_t)stream, (uint64_t)key[0]); \
      if (skip == 0 && n - done >= group) { \
        op##_block_##S(d + done, w); \
        done += group; \
        continue; \
      } \
      T buffer[PHILOX_BLOCKS * per]; \
      op##_block_##S(buffer, w); \
      const long take = n - done < group - skip ? n - done : group - skip; \
      memcpy(d + done, buffer + skip, take * sizeof(T)); \
      done += take; \
    } \
  }

RANDOM(uniform, f32, float, 4)
RANDOM(uniform, f64, double, 2)
RANDOM(normal, f32, float, 4)
RANDOM(normal, f64, double, 2)
