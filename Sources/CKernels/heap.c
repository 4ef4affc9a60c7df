// The C library's heap, whose settings Swift cannot reach.
#include <stdlib.h>  // says which C library it is

#include "ckernels.h"

#if defined(__GLIBC__)
#include <malloc.h>

void dlc_heap_large_steps(void) {
  const int step = 32 << 20;
  mallopt(M_TOP_PAD, step);
  mallopt(M_TRIM_THRESHOLD, 2 * step);
  mallopt(M_MMAP_THRESHOLD, step);
}

void dlc_heap_trim(void) { malloc_trim(0); }
#else
void dlc_heap_large_steps(void) {}

void dlc_heap_trim(void) {}
#endif
