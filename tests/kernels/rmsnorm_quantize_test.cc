#include "kernels/rmsnorm/rmsnorm_quantize.h"

#include <algorithm>

#include "kernel_testing.h"

namespace fp8bench {
namespace {

using test::count_different;
using test::random_floats;

struct Result {
  std::vector<float> normed, codes, scales;
};

Result separate(RmsNormArgs norm) {
  Result r;
  r.normed.resize(static_cast<size_t>(norm.rows * norm.width));
  r.codes.resize(r.normed.size());
  r.scales.resize(static_cast<size_t>(norm.rows));
  norm.y = r.normed.data();
  rmsnorm(norm);
  QuantizeArgs quantize;
  quantize.x = r.normed.data(), quantize.rows = norm.rows, quantize.width = norm.width;
  quantize.codes = r.codes.data(), quantize.scales = r.scales.data();
  quantize_per_token(quantize);
  return r;
}

TEST_CASE("rmsnorm_quantize: the bits of the two ops one after the other, on every set and thread count") {
  for (const auto& [rows, width] :
       {std::pair<int64_t, int64_t>{0, 4}, {1, 1}, {1, 2816}, {2, 704}, {7, 33}, {8, 64}, {13, 2816}, {100, 130}}) {
    const std::vector<float> x = random_floats(rows * width, 1), weight = random_floats(width, 2, false);
    RmsNormArgs norm;
    norm.x = x.data(), norm.rows = rows, norm.width = width, norm.weight = weight.data(), norm.eps = 1e-6f;
    const Result expected = separate(norm);
    std::vector<float> normed(x.size()), scales(static_cast<size_t>(rows));
    norm.y = normed.data();
    const std::vector<float> codes = test::same_bits_everywhere([&] {
      std::vector<float> out(x.size());
      rmsnorm_quantize(norm, out.data(), scales.data());
      return out;
    });
    INFO(rows << "x" << width);
    CHECK(count_different(codes, expected.codes) == 0);
    CHECK(count_different(scales, expected.scales) == 0);
    CHECK(count_different(normed, expected.normed) == 0);
    rmsnorm_quantize(norm, normed.data(), scales.data());  // the codes take the normed rows' place
    CHECK(count_different(normed, expected.codes) == 0);
    // Another row's scale is another result: the comparison is not blind.
    if (rows > 1) CHECK(count_different(scales, std::vector<float>(scales.size(), scales[0])) > 0);
  }
}

}  // namespace
}  // namespace fp8bench
