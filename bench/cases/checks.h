// Outputs against their exact values, in units of the tolerance.
#pragma once
#include <cstdint>
#include <functional>
#include <span>

#include "harness/measure/verified.h"
#include "kernels/gemm/gemm.h"

namespace fp8bench {

// `judge(i)` gives |result - exact| / tolerance of output i of `count`; all of them, or a seeded sample. Threads call
// it.
Check check_outputs(int64_t count, bool all, uint64_t seed, const std::function<double(int64_t)>& judge);

// The same for ops whose rows are judged whole: `judge(row)` gives the worst of its `width` outputs.
Check check_rows(int64_t rows, int64_t width, bool all, uint64_t seed, const std::function<double(int64_t)>& judge);
// Bit patterns: 0 where all are equal, else infinite.
double differing(std::span<const float> found, std::span<const float> expected);

// worst = max(worst, share), where a NaN stays.
void keep_worst(double& worst, double share);

// 0 for equal values, whatever the tolerance; NaN stays NaN.
double error_share(double result, double exact, double tolerance);

// How a product is computed and what it may be off: the canonical chain, or the processor's matrix unit.
enum class Accumulate { kF32, kNative };
void run_gemm(const GemmArgs& args, Accumulate accumulate);
double gemm_allowance(const GemmArgs& args, int64_t row, int64_t column, Accumulate accumulate);
// Output `result` of row and column.
double gemm_error(const GemmArgs& args, int64_t row, int64_t column, float result, Accumulate accumulate);

}  // namespace fp8bench
