// How gemm and grouped_gemm cut their outputs into blocks for threads.
#pragma once
#include <cstdint>

#include "kernels/gemm/gemm.h"
#include "kernels/gemm/gemm_block.h"

namespace fp8bench {

// Throws std::invalid_argument for a dtype that has no panels.
WeightCodec weight_codec(DType dtype);

// Rows first .. first + rows - 1 of a product, outputs of panels panel .. panel + panels - 1.
struct BlockRange {
  int64_t row, rows, panel, panels;
};

// Row and panel sizes of the blocks that an (m, n, k) product is cut into.
struct BlockShape {
  int64_t rows, panels;
};
BlockShape block_shape(const GemmKernel& kernel, int64_t m, int64_t n, int64_t k);

void run_block(const GemmKernel& kernel, const GemmArgs& args, const BlockRange& range);

}  // namespace fp8bench
