// Largest errors against the C library's long double functions, on grids dense enough to find the worst cases to a few
// hundredths of an ulp. The bounds are the ones that kernels/canonical_math.h states.
#include "kernels/canonical_math.h"

#include "kernel_testing.h"

namespace fp8bench {
namespace {

using test::from_bits;

double ulp_error(float value, long double exact) {
  const float near = std::fabs(static_cast<float>(exact));
  if (std::isinf(near)) return std::isinf(value) ? 0.0 : 1e9;
  const float other =
      std::nextafter(near, std::fabs(exact) < near ? 0.0f : INFINITY);  // on the side of the exact value
  const double ulp = std::fabs(static_cast<double>(near) - other);
  return static_cast<double>(std::fabs(value - exact)) / ulp;
}

double ulp_error(double value, long double exact) {
  const double near = std::fabs(static_cast<double>(exact));
  if (std::isinf(near)) return std::isinf(value) ? 0.0 : 1e9;
  const double other = std::nextafter(near, std::fabs(exact) < near ? 0.0 : static_cast<double>(INFINITY));
  const double ulp = std::fabs(near - other);
  return static_cast<double>(std::fabs(value - exact) / ulp);
}

TEST_CASE("canonical exp and tanh in float32 stay within their stated errors") {
  double worst_exp = 0.0, worst_subnormal = 0.0, worst_tanh = 0.0;
  for (uint32_t i = 0; i < 0x43000000u; i += 1009) {  // magnitudes up to 128, subnormals included
    for (const float x : {from_bits(i), from_bits(i | 0x80000000u)}) {
      const long double wide = x;
      if (x < 88.7f) {
        double& worst = x < -87.3f ? worst_subnormal : worst_exp;  // subnormal results are rounded a second time
        worst = std::max(worst, ulp_error(canonical_exp(x), std::exp(wide)));
      }
      worst_tanh = std::max(worst_tanh, ulp_error(canonical_tanh(x), std::tanh(wide)));
    }
  }
  CHECK(worst_exp <= 0.82);
  CHECK(worst_subnormal <= 1.0);
  CHECK(worst_tanh <= 0.86);
  INFO("a bound that nothing reaches would prove little");
  CHECK(worst_exp > 0.5);
  CHECK(worst_tanh > 0.5);
}

TEST_CASE("canonical float32 functions at the edges") {
  CHECK(canonical_exp(0.0f) == 1.0f);
  CHECK(canonical_exp(-0.0f) == 1.0f);
  CHECK(canonical_exp(-INFINITY) == 0.0f);
  CHECK(canonical_exp(INFINITY) == INFINITY);
  CHECK(canonical_exp(88.8f) == INFINITY);
  CHECK(canonical_exp(-103.9f) == 0x1p-149f);
  CHECK(canonical_exp(-104.1f) == 0.0f);
  CHECK(std::isnan(canonical_exp(NAN)));
  CHECK(canonical_tanh(INFINITY) == 1.0f);
  CHECK(canonical_tanh(-INFINITY) == -1.0f);
  CHECK(test::bits(canonical_tanh(-0.0f)) == 0x80000000u);
  CHECK(canonical_tanh(0x1p-149f) == 0x1p-149f);
  CHECK(std::isnan(canonical_tanh(NAN)));
}

TEST_CASE("canonical exp and log in float64 stay within 1 ulp") {
  double worst_exp = 0.0, worst_log = 0.0;
  for (int i = -745000; i < 709700; ++i) {
    const double x = i * 1e-3 + 1.7e-5;
    worst_exp = std::max(worst_exp, ulp_error(canonical_exp(x), std::exp(static_cast<long double>(x))));
  }
  for (int i = 0; i < 1500000; ++i) {
    const double near_one = 0.5 + i * 1.0000001e-6, wide = std::ldexp(1.0 + i * 6e-7, i % 2097 - 1074);
    for (const double x : {near_one, wide}) {
      worst_log = std::max(worst_log, ulp_error(canonical_log(x), std::log(static_cast<long double>(x))));
    }
  }
  CHECK(worst_exp <= 1.0);
  CHECK(worst_log <= 1.0);
  CHECK(canonical_exp(-INFINITY) == 0.0);
  CHECK(canonical_exp(INFINITY) == INFINITY);
  CHECK(std::isnan(canonical_exp(static_cast<double>(NAN))));
  CHECK(canonical_log(1.0) == 0.0);
  CHECK(canonical_log(0.0) == -INFINITY);
  CHECK(canonical_log(INFINITY) == INFINITY);
  CHECK(std::isnan(canonical_log(-1.0)));
  const double three[] = {-1.5, 0.0, 700.25};
  double array[3];
  canonical_exp(three, array, 3);
  for (int i = 0; i < 3; ++i) CHECK(array[i] == canonical_exp(three[i]));
}

TEST_CASE("canonical sin and cos: absolute error up to 2^24 radians") {
  long double worst = 0.0L;
  for (int i = 0; i < 1000000; ++i) {
    const float angle = static_cast<float>(i < 500000 ? i * 2e-4 : (i - 500000) * 33.55443);
    const double x = angle;
    worst = std::max(worst, std::fabs(canonical_sin(x) - std::sin(static_cast<long double>(x))));
    worst = std::max(worst, std::fabs(canonical_cos(-x) - std::cos(static_cast<long double>(x))));
  }
  CHECK(static_cast<double>(worst) <= 1e-15);
  CHECK(canonical_sin(0.0) == 0.0);
  CHECK(canonical_cos(0.0) == 1.0);
  CHECK(canonical_sin(-0.5) == -canonical_sin(0.5));
}

TEST_CASE("canonical functions give the same bits on every instruction set") {
  test::same_bits_everywhere([] {
    std::vector<float> out;
    for (uint32_t i = 0; i < 0x43000000u; i += 100003) {
      const float x = from_bits(i);
      out.push_back(canonical_exp(-x));
      out.push_back(canonical_tanh(x));
      for (const double y : {canonical_exp(static_cast<double>(x)), canonical_log(static_cast<double>(x)),
                             canonical_sin(static_cast<double>(x)), canonical_cos(static_cast<double>(x))}) {
        const uint64_t wide = std::bit_cast<uint64_t>(y);
        out.push_back(from_bits(static_cast<uint32_t>(wide >> 33)));
        out.push_back(from_bits(static_cast<uint32_t>(wide) >> 3));
      }
    }
    return out;
  });
}

}  // namespace
}  // namespace fp8bench
