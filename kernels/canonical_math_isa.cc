#include "kernels/canonical_math_table.h"
#include "kernels/simd_math.h"

namespace fp8bench::FP8BENCH_ISA_NS {
namespace {

float exp_scalar(float x) { return exp_f32<Scalar>(x); }
float tanh_scalar(float x) { return tanh_f32<Scalar>(x); }

void exp_array(const double* x, double* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = exp_f64(x[i]);
}

}  // namespace

extern const CanonicalMath canonical_math;
const CanonicalMath canonical_math = {exp_scalar, tanh_scalar, exp_f64, log_f64, sincos_f64, exp_array};

}  // namespace fp8bench::FP8BENCH_ISA_NS
