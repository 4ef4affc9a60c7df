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
