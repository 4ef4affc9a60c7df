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

// A line's word: the step that wrote it, how many items were taken from the end of the share, and
// how many from its front. What another step wrote counts as nothing taken.
enum { count_bits = 22 };
static const uint64_t count_mask = (1ull << count_bits) - 1;

// About half of the `left` items from `begin` on, from where a run begins to their end, or all.
static long whole_runs(long begin, long left, long run) {
  const long half = begin + left / 2, from = (half + run - 1) / run * run;
  return from < begin + left ? begin + left - from : left;
}

// Takes some of the share of `items` items from `begin` on in `line`, from the front if it is one's
// own.
static int take(
  uint64_t *line, long step, long begin, long items, long run, int is_own, int threads, long *first,
  long *count, long *is_next
) {
  // Shares of more items than a word can count are counted in runs of `each`.
  const long each = items / (long)count_mask + 1, size = (items + each - 1) / each;
  const uint64_t now = (uint64_t)step << 2 * count_bits;
  uint64_t old = __atomic_load_n(line, __ATOMIC_RELAXED), new;
  const long least = size / 64; /* smaller pieces cost more than they even out */
  long front, back, n;
  do {
    const int is_stale = (old ^ now) >> 2 * count_bits != 0;
    front = is_stale ? 0 : (long)(old & count_mask);
    back = is_stale ? 0 : (long)(old >> count_bits & count_mask);
    const long left = size - front - back;
    if (left <= 0) return 0;
    if (threads == 1)
      n = left;
    else if (run > 1 && each == 1)
      n = is_own ? run - (begin + front) % run : whole_runs(begin + front, left, run);
    else if (is_own && front == 0)
      n = left - left / 4;
    else
      n = left - left / 2 > least ? left - left / 2 : least;
    if (n > left) n = left;
    new = now | (uint64_t)back << count_bits | (uint64_t)front;
    new += (uint64_t)n << (is_own ? 0 : count_bits);
  } while (!__atomic_compare_exchange_n(line, &old, new, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
  const long from = is_own ? front : size - back - n, to = from + n;
  *is_next = is_own && front > 0;
  *first = from * each;
  *count = (to < size ? to * each : items) - *first;
  return 1;
}

int dlc_take(
  const dlc_queues *queues, long queue, long items, long run, int thread, int threads, long *since,
  long *begin, long *end
) {
  for (int i = 0; i < threads; i++) {
    const int of = thread + i < threads ? thread + i : thread + i - threads;
    uint64_t *line = (uint64_t *)(queues->lines + of * queues->stride + queue * 64);
    long share_begin, share_end, first, count, is_next;
    dlc_share(items, of, threads, &share_begin, &share_end);
    const long share = share_end - share_begin;
    if (!take(
          line, queues->step, share_begin, share, run, i == 0, threads, &first, &count,
          &is_next))
      continue;
    *begin = share_begin + first;
    *end = *begin + count;
    if (!is_next) *since = *begin;
    return 1;
  }
  return 0;
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
