// The C library's heap and the process's mappings, whose settings Swift cannot reach.
#define _GNU_SOURCE  // for dl_iterate_phdr
#include <stdlib.h>  // says which C library it is

#include "ckernels.h"

#if defined(__GLIBC__)
#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

void dlc_heap_large_steps(void) {
  const int step = 32 << 20;
  mallopt(M_TOP_PAD, step);
  mallopt(M_TRIM_THRESHOLD, 2 * step);
  mallopt(M_MMAP_THRESHOLD, step);
}

void dlc_heap_trim(void) { malloc_trim(0); }

// What is never written to is in its file.
static int give_back(struct dl_phdr_info *object, size_t size, void *unused) {
  (void)size, (void)unused;
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  for (int i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr) *part = &object->dlpi_phdr[i];
    if (part->p_type != PT_LOAD || part->p_flags & PF_W) continue;
    const uintptr_t start = (object->dlpi_addr + part->p_vaddr + page - 1) / page * page;
    const uintptr_t end = (object->dlpi_addr + part->p_vaddr + part->p_filesz) / page * page;
    if (start < end) madvise((void *)start, end - start, MADV_DONTNEED);
  }
  return 0;
}

void dlc_code_give_back(void) { dl_iterate_phdr(give_back, 0); }
#else
void dlc_code_give_back(void) {}

void dlc_heap_large_steps(void) {}

void dlc_heap_trim(void) {}
#endif
