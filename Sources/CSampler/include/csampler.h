// Statistical profiling: how often threads are found inside a range of instructions.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/// Starts counting for instructions from `code` on, `bytes` of them; counts are set to 0.
/// Returns 0, or an errno. One count at a time in a process.
int dlc_sampler_start(const void *code, long bytes);

/// Has the calling thread looked at every `nanoseconds`, until the count is stopped.
/// Returns 0, or an errno: ENOSYS where the system has no timers for single threads.
int dlc_sampler_join(long nanoseconds);

/// Stops; `inside` and `total` are the samples in the range and all of them.
void dlc_sampler_stop(long *inside, long *total);

#ifdef __cplusplus
}
#endif
