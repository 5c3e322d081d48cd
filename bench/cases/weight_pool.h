// Weights of the cases, made once and shared by all cases of a run that ask for the same size: BF16 matrices and their
// FP8_DYNAMIC forms. Values are those of a synthetic checkpoint (rows of different size, columns and elements that
// stand out), quantized by the real quantizer.
#pragma once
#include <cstdint>
#include <list>
#include <memory>
#include <vector>

#include "kernels/gemm/gemm.h"

namespace fp8bench {

struct WeightSets {
  int64_t n = 0, k = 0;
  std::vector<PackedMatrix> bf16, f8;  // the same weights, pairwise
  int64_t bytes() const;
};

class WeightPool {
 public:
  // What is kept beyond the cases in use; older entries go first.
  explicit WeightPool(int64_t limit_bytes) : limit_bytes_(limit_bytes) {}
  // At least `count` matrices (n, k).
  std::shared_ptr<const WeightSets> get(int64_t n, int64_t k, int64_t count);

 private:
  int64_t limit_bytes_;
  std::list<std::shared_ptr<const WeightSets>> entries_;  // oldest first
};

// Share of zero codes of an E4M3 matrix.
double zero_share(const PackedMatrix& matrix);

}  // namespace fp8bench
