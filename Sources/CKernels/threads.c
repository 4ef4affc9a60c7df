// Where the threads of a step meet, and how they share work.
#include <sched.h>

#include "internal.h"

enum { spins_before_yield = 2000 };

static inline void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// The last thread to arrive starts the next round; the others wait for the round to change. The
// round only ever counts up, so a thread may enter the next barrier while others still leave this.
void dlc_barrier(dlc_barrier_state *state, int threads) {
  if (threads <= 1) return;
  const int round = __atomic_load_n(&state->round, __ATOMIC_ACQUIRE);
  if (__atomic_add_fetch(&state->arrived, 1, __ATOMIC_ACQ_REL) == threads) {
    __atomic_store_n(&state->arrived, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&state->round, (int)((unsigned)round + 1), __ATOMIC_RELEASE);
    return;
  }
  // Spinning is right while every thread has a core of its own; with more threads than cores the
  // missing one may need this core.
  for (int spins = 0; __atomic_load_n(&state->round, __ATOMIC_ACQUIRE) == round; spins++) {
    if (spins < spins_before_yield)
      pause_briefly();
    else
      sched_yield();
  }
}

void dlc_share(long items, int thread, int threads, long *begin, long *end) {
  const long each = items / threads, rest = items % threads;
  *begin = thread * each + (thread < rest ? thread : rest);
  *end = *begin + each + (thread < rest);
}

// Moments of weights whose gradient has died shrink by a constant factor every step and would stay
// for dozens of steps among numbers below the smallest normal one, where a multiplication takes a
// hundred times as long. Within a step such numbers count as zero.
long dlc_flush_denormals(void) {
#if defined(__x86_64__)
  const unsigned mode = __builtin_ia32_stmxcsr();
  // Flush to zero, and denormals are zero.
  __builtin_ia32_ldmxcsr(mode | 0x8040u);
  return (long)mode;
#elif defined(__aarch64__)
  unsigned long mode;
  __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
  __asm__ volatile("msr fpcr, %0" : : "r"(mode | 1ul << 24));
  return (long)mode;
#else
  return 0;
#endif
}

void dlc_restore_denormals(long mode) {
#if defined(__x86_64__)
  __builtin_ia32_ldmxcsr((unsigned)mode);
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0" : : "r"((unsigned long)mode));
#else
  (void)mode;
#endif
}
