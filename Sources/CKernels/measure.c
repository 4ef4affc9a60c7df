// A core's cache, and its limits, for benchmarks to set their results against.
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

long long dlc_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

long dlc_second_cache(void) {
#if defined(_SC_LEVEL2_CACHE_SIZE)
  const long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
  return bytes > 0 ? bytes : 0;
#else
  return 0;
#endif
}

double dlc_fma_peak(int isa, double seconds) {
  const struct dlc_isa_kernels *kernels = dlc_isa_kernels_of(isa);
  const long count = 1 << 16;
  const double end = now() + seconds;
  double best = 0;
  do {
    const double start = now();
    kernels->fma_chains(count);
    const double speed = (double)(count * kernels->chain_flops) / (now() - start);
    best = speed > best ? speed : best;
  } while (now() < end);
  return best;
}

double dlc_memory_bandwidth(double seconds) {
  typedef void muladd(
    long, long, float *, long, const float *, long, long, const float *, long, long, const float *,
    long, long);
  muladd *triad = (muladd *)dlc_kernel("dlc_muladd_f32", dlc_isa());
  const long n = 256L * 1024 * 1024 / (3 * sizeof(float));
  float *memory = calloc(3 * n, sizeof(float)), s = 3;
  if (!memory) return 0;
  float *d = memory, *a = d + n, *b = a + n;
  for (long i = 0; i < 2 * n; i++) a[i] = 1;
  triad(1, n, d, n, a, n, 1, &s, 0, 0, b, n, 1);
  const double end = now() + seconds;
  double best = 0;
  do {
    const double start = now();
    triad(1, n, d, n, a, n, 1, &s, 0, 0, b, n, 1);
    const double speed = (double)(3 * n * (long)sizeof(float)) / (now() - start);
    best = speed > best ? speed : best;
  } while (now() < end);
  free(memory);
  return best;
}
