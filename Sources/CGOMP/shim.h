#pragma once
// The entry points of libgomp that compiled C calls; the library ships no header for the first two.

// Runs fn(data) once on each of `threads` threads, the caller among them, and waits for all.
void GOMP_parallel(void (*fn)(void *), void *data, unsigned threads, unsigned flags);
// Waits until every thread of the current parallel region has come here.
void GOMP_barrier(void);
// The number of the calling thread in its region, from 0.
int omp_get_thread_num(void);
// The number of threads in the current region, 1 outside of one.
int omp_get_num_threads(void);
