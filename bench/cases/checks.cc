#include "bench/cases/checks.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "harness/engine/elementwise.h"
#include "kernels/native_gemm/native_gemm.h"
#include "kernels/parallel.h"

namespace fp8bench {
namespace {

constexpr int64_t kSampledOutputs = 2048, kSampledRows = 8;

Check check_some(int64_t count, int64_t checked, uint64_t seed, const std::function<double(int64_t)>& judge) {
  std::vector<double> errors(static_cast<size_t>(checked));
  parallel_for(checked, std::max<int64_t>(1, checked / 64), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const uint64_t drawn = mix64(mix64(seed) + static_cast<uint64_t>(i)) % static_cast<uint64_t>(count);
      errors[static_cast<size_t>(i)] = judge(checked == count ? i : static_cast<int64_t>(drawn));
    }
  });
  Check check;
  check.outputs = checked;
  for (const double error : errors) keep_worst(check.worst, error);
  return check;
}

}  // namespace

Check check_outputs(int64_t count, bool all, uint64_t seed, const std::function<double(int64_t)>& judge) {
  return check_some(count, all ? count : std::min(count, kSampledOutputs), seed, judge);
}

Check check_rows(int64_t rows, int64_t width, bool all, uint64_t seed, const std::function<double(int64_t)>& judge) {
  Check check = check_some(rows, all ? rows : std::min(rows, kSampledRows), seed, judge);
  check.outputs *= width;
  return check;
}

double differing(std::span<const float> found, std::span<const float> expected) {
  for (size_t i = 0; i < found.size(); ++i)
    if (std::bit_cast<uint32_t>(found[i]) != std::bit_cast<uint32_t>(expected[i]))
      return std::numeric_limits<double>::infinity();
  return 0.0;
}

void keep_worst(double& worst, double share) {
  if (!std::isnan(worst) && !(share <= worst)) worst = share;
}

double error_share(double result, double exact, double tolerance) {
  const double distance = std::fabs(result - exact);
  return distance == 0.0 ? 0.0 : distance / tolerance;
}

void run_gemm(const GemmArgs& args, Accumulate accumulate) {
  if (accumulate == Accumulate::kNative) return gemm_native(args);
  gemm(args);
}

double gemm_allowance(const GemmArgs& args, int64_t row, int64_t column, Accumulate accumulate) {
  if (accumulate == Accumulate::kNative) return native_gemm_tolerance(args, row, column);
  return gemm_tolerance(args, row, column);
}

double gemm_error(const GemmArgs& args, int64_t row, int64_t column, float result, Accumulate accumulate) {
  const double exact = gemm_ref_output(args, row, column);
  if (static_cast<double>(result) == exact) return 0.0;
  return error_share(result, exact, gemm_allowance(args, row, column, accumulate));
}

}  // namespace fp8bench
