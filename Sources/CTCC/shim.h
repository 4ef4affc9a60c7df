#pragma once
// libtcc as the 2020 release has it; what later releases changed is hidden behind ctcc_ names.
#include <libtcc.h>
#include <string.h>

// The value of TCC_OUTPUT_OBJ differs between releases, so Swift asks for the operation instead.
static inline int ctcc_output_object(TCCState *state) {
  return tcc_set_output_type(state, TCC_OUTPUT_OBJ);
}

// Conversions between floating point and 64-bit unsigned integers, which libtcc compiles to calls
// of its own run-time library. The names are the ones its object code asks for.
static inline unsigned long long ctcc_fixunssfdi(float x) { return (unsigned long long)x; }
static inline unsigned long long ctcc_fixunsdfdi(double x) { return (unsigned long long)x; }
static inline float ctcc_floatundisf(unsigned long long x) { return (float)x; }
static inline double ctcc_floatundidf(unsigned long long x) { return (double)x; }

// The address of a function that libtcc's object code calls although the source does not name it,
// for copies and initializers of structures and the conversions above; null for any other name.
static inline const void *ctcc_support_address(const char *name) {
  if (!strcmp(name, "memcpy")) return (const void *)memcpy;
  if (!strcmp(name, "memmove")) return (const void *)memmove;
  if (!strcmp(name, "memset")) return (const void *)memset;
  if (!strcmp(name, "__fixunssfdi")) return (const void *)ctcc_fixunssfdi;
  if (!strcmp(name, "__fixunsdfdi")) return (const void *)ctcc_fixunsdfdi;
  if (!strcmp(name, "__floatundisf")) return (const void *)ctcc_floatundisf;
  if (!strcmp(name, "__floatundidf")) return (const void *)ctcc_floatundidf;
  return 0;
}

// glibc declares it to GNU sources only, which Swift's importer is not.
int memfd_create(const char *name, unsigned flags);

// A file in memory that programs started later do not inherit (MFD_CLOEXEC); negative on failure.
static inline int ctcc_memory_file(const char *name) { return memfd_create(name, 1); }
