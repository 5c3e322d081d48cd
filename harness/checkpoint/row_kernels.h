// The inner loops of the quantizer and of the audit, once per instruction set. Each function has the same contract and
// the same bits in every table. Functions carry their instruction set as an attribute, so nothing compiled for one set
// can leak into another.
#pragma once
#include <cstddef>
#include <cstdint>

#include "kernels/isa.h"

namespace fp8bench {

// What the codes of a piece of memory are made of.
struct CodeCounts {
  int64_t nan = 0;        // 0x7F, 0xFF
  int64_t largest = 0;    // +-448
  int64_t zero = 0;       // 0x00, 0x80
  int64_t subnormal = 0;  // +-1/512 ... +-7/512
};

struct RowKernels {
  const char* name;
  // Largest magnitude as BF16 bits (sign cleared). NaN and infinity order above every finite value: >= 0x7F80.
  uint16_t (*amax)(const uint16_t* weights, size_t count);
  // codes[i] = e4m3(clamp(bf16(weights[i] / scale), -448, 448)); `direct` leaves out the bf16 rounding. Finite weights
  // only.
  void (*encode)(const uint16_t* weights, size_t count, float scale, bool direct, uint8_t* codes);
  CodeCounts (*count)(const uint8_t* codes, size_t count);
};

extern const RowKernels kPortableRowKernels;
extern const RowKernels* const kAvx2RowKernels;  // null where the compiler does not target x86-64

// The table for the active instruction set.
const RowKernels& row_kernels();

}  // namespace fp8bench
