// FP8BENCH_ISA_TABLE(Type, name) declares one constant table of function pointers per instruction set, defined in a
// *_isa.cc file, and `name##_for(isa)` to look it up. The canonical kernels have three sets; one above avx512 runs
// avx512.
#pragma once
#include "kernels/isa.h"

#if defined(__x86_64__)
#define FP8BENCH_ISA_TABLE(Type, name)            \
  namespace portable {                            \
  extern const Type name;                         \
  }                                               \
  namespace avx2 {                                \
  extern const Type name;                         \
  }                                               \
  namespace avx512 {                              \
  extern const Type name;                         \
  }                                               \
  inline const Type& name##_for(Isa isa) {        \
    if (isa >= Isa::kAvx512) return avx512::name; \
    if (isa == Isa::kAvx2) return avx2::name;     \
    return portable::name;                        \
  }
#else
#define FP8BENCH_ISA_TABLE(Type, name) \
  namespace portable {                 \
  extern const Type name;              \
  }                                    \
  inline const Type& name##_for(Isa) { return portable::name; }
#endif
