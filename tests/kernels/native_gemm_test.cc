#include "kernels/native_gemm/native_gemm.h"

#include <atomic>

#include "kernel_testing.h"
#include "kernels/native_gemm/driver.h"
#include "soft_units.h"
#include "tests/test_data.h"

namespace fp8bench {
namespace {

using soft::TileFault;
using test::count_different;
using test::random_floats;
using test::random_matrix;

// The units of this machine in every variant, and the software ones, which run everywhere.
std::vector<NativeVariant> variants() {
  std::vector<NativeVariant> all = supported_native_variants();
  all.push_back({"software dot product", &soft::kDotKernel});
  all.push_back({"software tiles", &soft::kTileKernel<TileFault::kNone>});
  return all;
}

struct Problem {
  std::vector<float> x, row_scales;
  PackedMatrix w;
  int64_t m;
  GemmArgs args(float* y) const { return {x.data(), m, &w, row_scales.empty() ? nullptr : row_scales.data(), y}; }
};

Problem make(int64_t m, int64_t n, int64_t k, DType dtype) {
  const bool scaled = dtype == DType::kF8E4M3;
  Problem p{random_floats(m * k, 5), {}, random_matrix(dtype, n, k, 6, scaled), m};
  if (scaled) p.row_scales = random_floats(m, 7, false);
  return p;
}

std::vector<float> run(const NativeKernel& kernel, const Problem& p) {
  std::vector<float> y(static_cast<size_t>(p.m * p.w.n), NAN);
  gemm_native(kernel, p.args(y.data()));
  return y;
}

// Largest error over tolerance, of every output or of about `most` of them; NaN counts as infinite.
double worst(const Problem& p, const std::vector<float>& y, int64_t most = 600) {
  const GemmArgs args = p.args(nullptr);
  const int64_t count = static_cast<int64_t>(y.size()), step = std::max<int64_t>(1, count / most | 1);
  double most_wrong = 0.0;
  for (int64_t i = 0; i < count; i += step) {
    const int64_t row = i / p.w.n, col = i % p.w.n;
    const double error = std::fabs(static_cast<double>(y[static_cast<size_t>(i)]) - gemm_ref_output(args, row, col));
    const double ratio = error / native_gemm_tolerance(args, row, col);
    most_wrong = ratio <= most_wrong ? most_wrong : std::isnan(ratio) ? INFINITY : ratio;
  }
  return most_wrong;
}

TEST_CASE("native_gemm: every weight is decoded exactly, at every place of a panel and of its tail") {
  // x = identity: an output is one weight plus products with zero.
  for (const auto& [name, kernel] : variants()) {
    for (const int64_t k : {1, 2, 3, 31, 66}) {
      const int64_t n = 264;  // 264 k codes: every one of them, in every row of a panel
      std::vector<std::byte> codes(static_cast<size_t>(n * k)), words(codes.size() * 2);
      for (int64_t i = 0; i < n * k; ++i) {
        const auto code = static_cast<uint8_t>(i % 256);
        codes[static_cast<size_t>(i)] = static_cast<std::byte>((code & 0x7Fu) == 0x7Fu ? 0u : code);
        const uint16_t word = f32_to_bf16(static_cast<float>(i % 509) - 254.5f);
        std::memcpy(&words[static_cast<size_t>(i) * 2], &word, 2);
      }
      for (const int64_t rows : {int64_t{1}, k, 40 * k}) {  // one at a time, side by side, and enough for tiles
        for (const DType dtype : {DType::kF8E4M3, DType::kBF16}) {
          INFO(name << ", k " << k << ", rows " << rows << ", " << dtype_name(dtype));
          Problem p{std::vector<float>(static_cast<size_t>(rows * k)), {}, {}, rows};
          p.w = pack_matrix(dtype, dtype == DType::kBF16 ? words : codes, n, k);
          for (int64_t first = 0; first < (rows == 1 ? k : 1); ++first) {
            for (int64_t r = 0; r < rows; ++r)
              for (int64_t i = 0; i < k; ++i) p.x[static_cast<size_t>(r * k + i)] = (first + r) % k == i ? 1.0f : 0.0f;
            const std::vector<float> y = run(*kernel, p);
            int64_t wrong = 0;
            for (int64_t r = 0; r < rows; ++r) {
              for (int64_t j = 0; j < n; ++j) {
                const int64_t at = j * k + (first + r) % k;
                uint16_t word;
                std::memcpy(&word, &words[static_cast<size_t>(at) * 2], 2);
                const float weight = dtype == DType::kBF16
                                         ? bf16_to_f32(word)
                                         : e4m3_to_f32(static_cast<uint8_t>(codes[static_cast<size_t>(at)]));
                wrong += y[static_cast<size_t>(r * n + j)] != weight;
              }
            }
            CHECK(wrong == 0);
          }
        }
      }
    }
  }
}

TEST_CASE("native_gemm: within the derived tolerance of the exact product at awkward sizes") {
  struct Size {
    int64_t m, n, k;
  };
  constexpr Size kSizes[] = {{1, 16, 1},    {2, 1, 2},     {7, 33, 31},   {1, 130, 704},  {16, 47, 704}, {17, 32, 2112},
                             {64, 50, 513}, {1, 70, 2816}, {13, 65, 257}, {2, 100, 4096}, {3, 19, 8192}, {64, 17, 1030},
                             {513, 18, 95}, {193, 40, 64}, {16, 129, 96}, {33, 31, 511},  {12, 64, 512}, {6, 81, 2816}};
  for (const auto& [name, kernel] : variants()) {
    for (const Size& s : kSizes) {
      for (const DType dtype : {DType::kBF16, DType::kF8E4M3}) {
        INFO(name << ", " << dtype_name(dtype) << ", " << s.m << "x" << s.n << "x" << s.k);
        const Problem p = make(s.m, s.n, s.k, dtype);
        CHECK(worst(p, run(*kernel, p)) <= 1.0);
      }
    }
    const Problem none = make(0, 20, 40, DType::kBF16);
    CHECK(run(*kernel, none).empty());
  }
}

TEST_CASE("native_gemm: the same bits for any number of threads, and on the dot-product unit for any batch") {
  const test::KeepSettings keep;
  for (const auto& [name, kernel] : variants()) {
    INFO(name);
    const Problem p = make(150, 100, 300, DType::kF8E4M3);
    std::vector<float> first;
    for (const int threads : {1, 2, 5}) {
      set_threads(threads);
      const std::vector<float> y = run(*kernel, p);
      if (first.empty()) first = y;
      CHECK(count_different(first, y) == 0);
    }
    if (std::string_view(kernel->unit) != "avx512bf16") continue;
    for (const int64_t row : {0, 77, 149}) {
      Problem one{{p.x.begin() + row * 300, p.x.begin() + (row + 1) * 300},
                  {p.row_scales[static_cast<size_t>(row)]},
                  random_matrix(DType::kF8E4M3, 100, 300, 6, true),
                  1};
      CHECK(count_different(run(*kernel, one), {first.begin() + row * 100, first.begin() + (row + 1) * 100}) == 0);
    }
  }
}

TEST_CASE("native_gemm: the software dot product has the bits of the processor's") {
  if (!isa_supported(Isa::kAvx512Bf16)) FP8BENCH_SKIP("this processor has no AVX-512 BF16");
  for (const auto& [name, kernel] : supported_native_variants()) {
    if (std::string_view(kernel->unit) != "avx512bf16") continue;
    for (const DType dtype : {DType::kBF16, DType::kF8E4M3}) {
      INFO(name << ", " << dtype_name(dtype));
      const Problem few = make(9, 70, 301, dtype), many = make(40, 70, 301, dtype);
      CHECK(count_different(run(*kernel, few), run(soft::kDotKernel, few)) == 0);
      CHECK(count_different(run(*kernel, many), run(soft::kDotKernel, many)) == 0);
    }
  }
}

TEST_CASE("native_gemm: the software tiles have the bits of the processor's") {
  int units = 0;
  for (const auto& [name, kernel] : supported_native_variants()) {
    if (std::string_view(kernel->unit) != "amx") continue;
    ++units;
    for (const DType dtype : {DType::kBF16, DType::kF8E4M3}) {
      INFO(name << ", " << dtype_name(dtype));
      const Problem p = make(75, 70, 1061, dtype);
      CHECK(count_different(run(*kernel, p), run(soft::kTileKernel<TileFault::kNone>, p)) == 0);
    }
  }
  if (units == 0) FP8BENCH_SKIP("this processor has no AMX");
}

TEST_CASE("native_gemm: a fault of the tile unit is caught by the oracle") {
  CHECK_FALSE(soft::Tiles<TileFault::kNone>::used_unconfigured);
  for (const DType dtype : {DType::kBF16, DType::kF8E4M3}) {
    const Problem p = make(40, 48, 96, dtype);
    CHECK(worst(p, run(soft::kTileKernel<TileFault::kNone>, p)) <= 1.0);
    CHECK(worst(p, run(soft::kTileKernel<TileFault::kPairSwapped>, p)) > 1.0);
    CHECK(worst(p, run(soft::kTileKernel<TileFault::kLastPairDropped>, p)) > 1.0);
    CHECK(worst(p, run(soft::kTileKernel<TileFault::kStrideIgnored>, p)) > 1.0);
  }
  CHECK_FALSE(soft::Tiles<TileFault::kNone>::used_unconfigured);
}

TEST_CASE("native_gemm: experts with their own rows, some with none") {
  for (const auto& [name, kernel] : variants()) {
    for (const DType dtype : {DType::kBF16, DType::kF8E4M3}) {
      INFO(name << ", " << dtype_name(dtype));
      const int64_t n = 52, k = 77;
      std::vector<PackedMatrix> weights;
      std::vector<int64_t> offsets = {0};
      for (const int64_t rows : {0, 1, 7, 0, 130, 16, 2, 0}) {
        offsets.push_back(offsets.back() + rows);
        weights.push_back(random_matrix(dtype, n, k, static_cast<uint32_t>(weights.size() + 30), true));
      }
      const std::vector<float> x = random_floats(offsets.back() * k, 21),
                               scales = random_floats(offsets.back(), 22, false);
      std::vector<float> y(static_cast<size_t>(offsets.back() * n), NAN);
      grouped_gemm_native(*kernel, {x.data(), offsets, weights, scales.data(), y.data()});
      double most_wrong = 0.0;
      for (size_t e = 0; e < weights.size(); ++e) {
        const int64_t first = offsets[e];
        const GemmArgs one = {x.data() + first * k, offsets[e + 1] - first, &weights[e], scales.data() + first,
                              nullptr};
        for (int64_t row = 0; row < one.m; ++row) {
          for (int64_t col = 0; col < n; ++col) {
            const double error = y[static_cast<size_t>((first + row) * n + col)] - gemm_ref_output(one, row, col);
            const double ratio = std::fabs(error) / native_gemm_tolerance(one, row, col);
            most_wrong = ratio <= most_wrong ? most_wrong : std::isnan(ratio) ? INFINITY : ratio;
          }
        }
      }
      CHECK(most_wrong <= 1.0);
    }
  }
}

TEST_CASE("native_gemm: infinities and NaN reach their own outputs and no others") {
  for (const auto& [name, kernel] : variants()) {
    for (const int64_t m : {3, 40}) {
      INFO(name << ", rows " << m);
      Problem p = make(m, 40, 65, DType::kBF16);
      std::fill(p.x.begin(), p.x.end(), 1.0f);
      std::vector<std::byte> ones(40 * 65 * 2);
      for (size_t i = 0; i < ones.size(); i += 2) {
        const uint16_t word = f32_to_bf16(i == 2 * (7 * 65 + 64) ? INFINITY : 1.0f);  // output 7, the last k
        std::memcpy(&ones[i], &word, 2);
      }
      p.w = pack_matrix(DType::kBF16, ones, 40, 65);
      p.x[65] = NAN;  // row 1
      const std::vector<float> y = run(*kernel, p);
      for (int64_t row = 0; row < m; ++row)
        for (int64_t col = 0; col < 40; ++col) {
          const float value = y[static_cast<size_t>(row * 40 + col)];
          const bool right = row == 1 ? std::isnan(value) : value == (col == 7 ? INFINITY : 65.0f);
          if (!right) FAIL_CHECK("row " << row << ", output " << col << ": " << value);
        }
    }
  }
}

TEST_CASE("native_gemm: the unit follows the instruction set, and without one the canonical kernel runs") {
  const test::KeepSettings keep;
  const Problem p = make(20, 40, 70, DType::kF8E4M3), plain = make(20, 40, 70, DType::kF32);
  for (const Isa isa : supported_isas()) {
    set_isa(isa);
    INFO(isa_name(isa));
    CHECK(native_unit() == (isa > Isa::kAvx512 ? isa_name(isa) : ""));
    std::vector<float> y(800, NAN), canonical(800, NAN);
    gemm_native(p.args(y.data()));
    CHECK(worst(p, y) <= 1.0);
    gemm(p.args(canonical.data()));
    CHECK((count_different(y, canonical) == 0) == native_unit().empty());
    // Float32 weights have no BF16 form.
    gemm_native(plain.args(y.data()));
    gemm(plain.args(canonical.data()));
    CHECK(count_different(y, canonical) == 0);
  }
}

}  // namespace
}  // namespace fp8bench
