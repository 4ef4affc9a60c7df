// Symbols of the program come before those of libraries, so these definitions are the ones that
// everybody calls; glibc has its own under the names __libc_*. Counting is per thread because tests
// run side by side.
#define _GNU_SOURCE
#include "callocations.h"

#include <errno.h>
#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

// Initial-exec: the general model may allocate when a thread first touches the variable.
static __thread int is_counting __attribute__((tls_model("initial-exec")));
static __thread int is_measuring __attribute__((tls_model("initial-exec")));
static __thread long live __attribute__((tls_model("initial-exec")));
static __thread long peak __attribute__((tls_model("initial-exec")));
static long count;

static void note(void) {
  if (is_counting) __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED);
}

// Adds a block to what the thread holds.
static void *taken(void *memory) {
  if (is_measuring && memory) {
    live += (long)malloc_usable_size(memory);
    if (live > peak) peak = live;
  }
  return memory;
}

static void given(void *memory) {
  if (is_measuring && memory) live -= (long)malloc_usable_size(memory);
}

void measure_allocations(int flag) {
  if (flag) live = peak = 0;
  is_measuring = flag;
}

long peak_allocated_bytes(void) { return peak; }

void count_allocations(int flag) { is_counting = flag; }

void allocate_once(void) {
  // Through a volatile pointer: a compiler may leave out an allocation that nobody uses.
  void *volatile memory = malloc(16);
  free(memory);
}

long counted_allocations(void) { return __atomic_load_n(&count, __ATOMIC_RELAXED); }

void *malloc(size_t bytes) {
  note();
  return taken(__libc_malloc(bytes));
}

void *calloc(size_t items, size_t bytes) {
  note();
  return taken(__libc_calloc(items, bytes));
}

void *realloc(void *old, size_t bytes) {
  note();
  given(old);
  return taken(__libc_realloc(old, bytes));
}

void *memalign(size_t alignment, size_t bytes) {
  note();
  return taken(__libc_memalign(alignment, bytes));
}

void *aligned_alloc(size_t alignment, size_t bytes) {
  note();
  return taken(__libc_memalign(alignment, bytes));
}

int posix_memalign(void **result, size_t alignment, size_t bytes) {
  note();
  if (alignment % sizeof(void *) || alignment == 0 || alignment & (alignment - 1)) return EINVAL;
  void *memory = taken(__libc_memalign(alignment, bytes));
  if (!memory) return ENOMEM;
  *result = memory;
  return 0;
}

void free(void *memory) {
  given(memory);
  __libc_free(memory);
}

void *mmap(void *address, size_t bytes, int protection, int flags, int file, off_t offset) {
  note();
  return (void *)syscall(SYS_mmap, address, bytes, protection, flags, file, offset);
}

void *mmap64(void *address, size_t bytes, int protection, int flags, int file, off_t offset) {
  return mmap(address, bytes, protection, flags, file, offset);
}
