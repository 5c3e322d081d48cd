#include "kernels/canonical_math.h"

#include "kernels/canonical_math_table.h"

namespace fp8bench {
namespace {

const CanonicalMath& math() { return canonical_math_for(active_isa()); }

}  // namespace

float canonical_exp(float x) { return math().exp_f32(x); }
float canonical_tanh(float x) { return math().tanh_f32(x); }
double canonical_exp(double x) { return math().exp_f64(x); }
double canonical_log(double x) { return math().log_f64(x); }

double canonical_sin(double x) {
  double sine, cosine;
  math().sincos_f64(x, &sine, &cosine);
  return sine;
}

double canonical_cos(double x) {
  double sine, cosine;
  math().sincos_f64(x, &sine, &cosine);
  return cosine;
}

void canonical_exp(const double* x, double* y, int64_t count) { math().exp_f64_array(x, y, count); }

}  // namespace fp8bench
