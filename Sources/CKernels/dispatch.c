// Which instruction set runs, and the kernels by name.
#include <pthread.h>
#include <stdlib.h>
#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "internal.h"

#define DLC_NAME(name) "dlc_" #name,
static const char *const names[] = {
  DLC_KERNELS(DLC_NAME) "dlc_barrier", "dlc_share", "dlc_take", "dlc_flush_denormals",
  "dlc_restore_denormals", "dlc_now"};
static const void *const shared[] = {
  (const void *)dlc_barrier, (const void *)dlc_share, (const void *)dlc_take,
  (const void *)dlc_flush_denormals, (const void *)dlc_restore_denormals, (const void *)dlc_now};

enum {
  name_count = sizeof(names) / sizeof(names[0]),
  shared_count = sizeof(shared) / sizeof(shared[0]),
  slot_count = 2048  // a power of two, a few times name_count
};

static int selected_isa;
static uint16_t slots[slot_count];  // 1 + index of a name, open addressing

static uint32_t hash_name(const char *name) {
  uint32_t hash = 2166136261u;  // FNV-1a
  for (; *name; name++) hash = (hash ^ (uint8_t)*name) * 16777619u;
  return (hash ^ hash >> 15) % slot_count;
}

// Whether the CPU has AMX's tiles of bfloat16, and the system lets this process use them: their
// registers are large, so that Linux (5.16 and later) wants to be asked.
static int has_amx(void) {
#if defined(__x86_64__) && defined(__linux__)
  enum { request_permission = 0x1023, tile_data = 18 };
  static int known = -1;
  if (known < 0)
    known = __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-bf16") &&
            syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
  return known;
#else
  return 0;
#endif
}

static int best_isa(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                   __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  const int avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                     __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return avx2 && avx512 ? DLC_ISA_AVX512 : avx2 ? DLC_ISA_AVX2 : DLC_ISA_PLAIN;
#elif defined(__aarch64__)
  return DLC_ISA_NEON;
#else
  return DLC_ISA_PLAIN;
#endif
}

int dlc_isa_available(int isa) {
  const int best = best_isa();
  if (isa == DLC_ISA_AMX) return best == DLC_ISA_AVX512 && has_amx();
  if (isa == DLC_ISA_NEON || best == DLC_ISA_NEON) return isa == DLC_ISA_PLAIN || isa == best;
  return isa >= 0 && isa <= best;
}

static void start(void) {
  for (int i = 0; i < name_count; i++) {
    uint32_t at = hash_name(names[i]);
    while (slots[at]) at = (at + 1) % slot_count;
    slots[at] = (uint16_t)(i + 1);
  }
  selected_isa = best_isa();
  const char *wish = getenv("DLC_ISA");
  for (int isa = 0; wish && isa < DLC_ISA_COUNT; isa++)
    if (!strcmp(wish, dlc_isa_name(isa)) && dlc_isa_available(isa)) selected_isa = isa;
}

static void start_once(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, start);
}

int dlc_isa(void) {
  start_once();
  return selected_isa;
}

const char *dlc_isa_name(int isa) {
  static const char *const isa_names[DLC_ISA_COUNT] = {"plain", "avx2", "avx512", "neon", "amx"};
  return isa >= 0 && isa < DLC_ISA_COUNT ? isa_names[isa] : "unknown";
}

const struct dlc_isa_kernels *dlc_isa_kernels_of(int isa) {
  if (!dlc_isa_available(isa)) return &dlc_kernels_plain;
#if defined(__x86_64__)
  if (isa == DLC_ISA_AMX) return &dlc_kernels_amx;
  if (isa == DLC_ISA_AVX512) return &dlc_kernels_avx512;
  if (isa == DLC_ISA_AVX2) return &dlc_kernels_avx2;
#elif defined(__aarch64__)
  if (isa == DLC_ISA_NEON) return &dlc_kernels_neon;
#endif
  return &dlc_kernels_plain;
}

int dlc_kernel_count(void) { return name_count; }

const char *dlc_kernel_name(int index) {
  return index >= 0 && index < name_count ? names[index] : NULL;
}

const void *dlc_kernel(const char *name, int isa) {
  start_once();
  for (uint32_t at = hash_name(name); slots[at]; at = (at + 1) % slot_count) {
    const int index = slots[at] - 1;
    if (strcmp(names[index], name)) continue;
    const int first_shared = name_count - shared_count;
    if (index >= first_shared) return shared[index - first_shared];
    return dlc_isa_kernels_of(isa)->table[index];
  }
  return NULL;
}

int dlc_has_matrix_unit(int isa) { return isa == DLC_ISA_AMX && dlc_isa_available(isa); }

const dlc_tile *dlc_gemm_tile(int isa, int bytes) {
  const struct dlc_isa_kernels *kernels = dlc_isa_kernels_of(isa);
  return bytes == 8 ? kernels->tile_f64 : kernels->tile_f32;
}
