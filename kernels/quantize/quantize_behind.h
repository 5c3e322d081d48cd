// An op whose rows only feed FP8 linears, and the quantization of those rows, in one pass over memory.
#pragma once
#include <cstdint>
#include <functional>

#include "kernels/quantize/quantize.h"

namespace fp8bench {

// What becomes of the op's rows.
struct RowCodes {
  bool bf16 = false;          // the op's output is rounded to BF16 first, as policies that keep BF16 between ops do
  float static_scale = 0.0f;  // these two as in QuantizeArgs
  E4M3Rounding rounding = E4M3Rounding::kNearestEven;
  float* codes = nullptr;   // (rows, width); may be the op's own output where nobody reads that
  float* scales = nullptr;  // (rows)
};

// make(begin, end) writes rows begin .. end - 1 of y (rows, width); it is called for `group` rows at a time, whose
// codes follow while they are in the cache. The bits are those of the whole op followed by the whole quantization.
void quantize_behind(const std::function<void(int64_t begin, int64_t end)>& make, float* y, int64_t rows, int64_t width,
                     int64_t group, const RowCodes& out);

}  // namespace fp8bench
