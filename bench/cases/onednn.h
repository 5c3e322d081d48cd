// oneDNN beside our own kernels: what a well-kept library makes of the same BF16 layer on the same threads. Optional: a
// build without it says so in the row.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "kernels/gemm/gemm.h"

namespace fp8bench {

// Why oneDNN cannot take part; empty: it can.
std::string onednn_absent();

// One inner product y = x W^T: weights in the layout of oneDNN's choice, BF16 inputs and weights where the processor
// has a BF16 unit, float32 elsewhere; float32 outputs. Packing is construction, not run().
class OneDnnLinear {
 public:
  // weights: BF16 panels. x: (tokens, k) row-major, copied. y: (tokens, n), kept by the caller.
  OneDnnLinear(const PackedMatrix& weights, const float* x, int64_t tokens, float* y);
  ~OneDnnLinear();
  OneDnnLinear(OneDnnLinear&&) noexcept;
  OneDnnLinear& operator=(OneDnnLinear&&) noexcept;
  void run();
  static bool uses_bf16();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fp8bench
