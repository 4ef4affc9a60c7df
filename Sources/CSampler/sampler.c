// A timer a thread sends SIGPROF to that thread alone, and the handler looks at the interrupted
// instruction. Timers of the process's CPU time would need no list of threads, but tick only every
// few milliseconds.
#define _GNU_SOURCE
#include "csampler.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

#if defined(__linux__)
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

enum { most_threads = 4096 };

// A slot is in use when its timer exists; a slot whose timer could not be made stays free.
static struct {
  timer_t timer;
  int is_used;
} slots[most_threads];
static int slot_count;
static uintptr_t first, last;
static long inside_count, total_count;
static int is_counting;

static uintptr_t interrupted_instruction(const void *context) {
#if defined(__x86_64__)
  return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
  return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.pc;
#else
  (void)context;
  return 0;
#endif
}

// Async-signal-safe: atomics on static memory and nothing else.
static void look(int signal, siginfo_t *info, void *context) {
  (void)signal;
  (void)info;
  if (!__atomic_load_n(&is_counting, __ATOMIC_ACQUIRE)) return;
  const uintptr_t at = interrupted_instruction(context);
  if (at >= first && at < last) __atomic_fetch_add(&inside_count, 1, __ATOMIC_RELAXED);
  __atomic_fetch_add(&total_count, 1, __ATOMIC_RELAXED);
}

int dlc_sampler_start(const void *code, long bytes) {
  first = (uintptr_t)code;
  last = first + (uintptr_t)bytes;
  inside_count = total_count = 0;
  slot_count = 0;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = look;
  action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  if (sigaction(SIGPROF, &action, NULL)) return errno;
  __atomic_store_n(&is_counting, 1, __ATOMIC_RELEASE);
  return 0;
}

int dlc_sampler_join(long nanoseconds) {
  struct sigevent event;
  memset(&event, 0, sizeof event);
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGPROF;
  event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
  const int index = __atomic_fetch_add(&slot_count, 1, __ATOMIC_RELAXED);
  if (index >= most_threads) return EAGAIN;
  if (timer_create(CLOCK_MONOTONIC, &event, &slots[index].timer)) return errno;
  slots[index].is_used = 1;
  struct itimerspec period;
  period.it_interval.tv_sec = nanoseconds / 1000000000;
  period.it_interval.tv_nsec = nanoseconds % 1000000000;
  period.it_value = period.it_interval;
  return timer_settime(slots[index].timer, 0, &period, NULL) ? errno : 0;
}

// The handler stays: a signal that is already on its way would else end the process.
void dlc_sampler_stop(long *inside, long *total) {
  __atomic_store_n(&is_counting, 0, __ATOMIC_RELEASE);
  for (int i = 0; i < slot_count && i < most_threads; i++) {
    if (slots[i].is_used) timer_delete(slots[i].timer);
    slots[i].is_used = 0;
  }
  slot_count = 0;
  *inside = __atomic_load_n(&inside_count, __ATOMIC_RELAXED);
  *total = __atomic_load_n(&total_count, __ATOMIC_RELAXED);
}

#else

int dlc_sampler_start(const void *code, long bytes) {
  (void)code;
  (void)bytes;
  return ENOSYS;
}

int dlc_sampler_join(long nanoseconds) {
  (void)nanoseconds;
  return ENOSYS;
}

void dlc_sampler_stop(long *inside, long *total) { *inside = *total = 0; }

#endif
