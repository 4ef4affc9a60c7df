// Counts and measures the allocations of chosen threads, for tests.
//
// A program that links this has its calls of malloc and its kin, of every library, and those of
// mmap that libraries make, go through counting functions.
#pragma once

/// Whether the calling thread's allocations count from now on.
void count_allocations(int is_counting);

/// Allocations counted since the start of the program.
long counted_allocations(void);

/// Allocates and frees: one allocation.
void allocate_once(void);

/// Whether the bytes that the calling thread holds are added up from now on, beginning with none.
void measure_allocations(int is_measuring);

/// The most bytes from malloc and its kin that the thread held at once while it was measured.
long peak_allocated_bytes(void);
