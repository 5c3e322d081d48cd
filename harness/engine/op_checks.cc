#include "harness/engine/op_checks.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "harness/engine/elementwise.h"
#include "harness/engine/ops.h"
#include "kernels/attention/attention.h"
#include "kernels/gelu_mul/gelu_mul.h"
#include "kernels/grouped_gemm/grouped_gemm.h"
#include "kernels/native_gemm/native_gemm.h"
#include "kernels/quantize/quantize.h"
#include "kernels/rmsnorm/rmsnorm.h"
#include "kernels/rope/rope.h"
#include "kernels/router/router.h"
#include "kernels/silu_mul/silu_mul.h"

namespace fp8bench {
namespace {

constexpr double kUnit = 0x1p-24;  // unit roundoff of float32
constexpr int64_t kRows = 3, kTileRows = 37;

// Roughly normal values (a sum of uniform ones), one in 64 eight times as large: outliers are what activations have.
std::vector<float> random_values(int64_t count, uint64_t seed, double scale = 1.0) {
  std::vector<float> values(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    const uint64_t hash = mix64(seed * 0x9E3779B97F4A7C15u + static_cast<uint64_t>(i));
    double sum = 0.0;
    for (int part = 0; part < 4; ++part) sum += static_cast<double>((hash >> (16 * part)) & 0xFFFFu) / 65536.0 - 0.5;
    const double outlier = mix64(hash) % 64 == 0 ? 8.0 : 1.0;
    values[static_cast<size_t>(i)] = static_cast<float>(sum * 1.7 * outlier * scale);
  }
  return values;
}

// Of rows of `width` values; by Cauchy-Schwarz it bounds what a dot product sums up.
double largest_norm(const std::vector<float>& x, int64_t width) {
  double largest = 0.0;
  for (size_t begin = 0; begin < x.size(); begin += static_cast<size_t>(width)) {
    double squares = 0.0;
    for (int64_t c = 0; c < width; ++c) squares += std::pow(static_cast<double>(x[begin + static_cast<size_t>(c)]), 2);
    largest = std::max(largest, std::sqrt(squares));
  }
  return largest;
}

// The largest error as a share of its own tolerance.
class Worst {
 public:
  void see(double found, double exact, double tolerance) {
    const double error = std::abs(found - exact);
    const double share = error == 0.0 ? 0.0 : error / tolerance;  // infinite where nothing is allowed
    ++count_;
    if (share < share_) return;  // a NaN goes on
    share_ = std::isnan(share) ? std::numeric_limits<double>::infinity() : share;
    error_ = error;
    tolerance_ = tolerance;
  }
  SelfTestItem item(const std::string& name) const {
    return {.name = name,
            .passed = count_ > 0 && share_ <= 1.0,
            .detail = fmt::format("{} outputs, worst error {:.3g} of {:.3g} allowed", count_, error_, tolerance_)};
  }

 private:
  int64_t count_ = 0;
  double share_ = 0.0, error_ = 0.0, tolerance_ = 0.0;
};

// Inputs as the engine makes them: codes with their row scales in front of FP8 weights.
struct GemmInput {
  std::vector<float> x, scales;
  GemmInput(const PackedMatrix& weight, int64_t rows, uint64_t seed) : x(random_values(rows * weight.k, seed)) {
    if (weight.dtype != DType::kF8E4M3) return;
    scales.resize(static_cast<size_t>(rows));
    quantize_per_token({.x = x.data(), .rows = rows, .width = weight.k, .codes = x.data(), .scales = scales.data()});
  }
  const float* row_scales() const { return scales.empty() ? nullptr : scales.data(); }
};

void sample_outputs(const GemmArgs& args, int64_t samples, uint64_t seed, GemmKind kind, Worst& worst) {
  const auto tolerance = kind == GemmKind::kNative ? native_gemm_tolerance : gemm_tolerance;
  for (int64_t i = 0; i < samples; ++i) {
    const uint64_t hash = mix64(seed + static_cast<uint64_t>(i));
    const int64_t row = static_cast<int64_t>(hash % static_cast<uint64_t>(args.m));
    const int64_t col = static_cast<int64_t>((hash >> 20) % static_cast<uint64_t>(args.w->n));
    const double exact = gemm_ref_output(args, row, col);
    worst.see(args.y[row * args.w->n + col], exact, tolerance(args, row, col) + 4.0 * kUnit * std::abs(exact));
  }
}

}  // namespace

SelfTestItem check_gemm(const std::string& name, const PackedMatrix& weight, int64_t samples, uint64_t seed,
                        GemmKind kind) {
  const bool native = kind == GemmKind::kNative;
  Worst worst;
  for (const int64_t rows : {kRows, kTileRows}) {
    if (rows == kTileRows && !native) continue;
    const GemmInput input(weight, rows, seed);
    std::vector<float> y(static_cast<size_t>(rows * weight.n));
    const GemmArgs args{.x = input.x.data(), .m = rows, .w = &weight, .row_scales = input.row_scales(), .y = y.data()};
    native ? gemm_native(args) : gemm(args);
    sample_outputs(args, samples, seed, kind, worst);
  }
  return worst.item(name);
}

SelfTestItem check_grouped_gemm(const std::string& name, std::span<const PackedMatrix> weights, int64_t samples,
                                uint64_t seed, GemmKind kind) {
  const bool native = kind == GemmKind::kNative;
  const int64_t n = weights.front().n, k = weights.front().k;
  std::vector<int64_t> offsets = {0};
  for (size_t e = 0; e < weights.size(); ++e)
    offsets.push_back(offsets.back() + static_cast<int64_t>(e) % 2 * (native ? kTileRows : 1) + 1);  // uneven groups
  const int64_t rows = offsets.back();
  const GemmInput input(weights.front(), rows, seed);
  std::vector<float> y(static_cast<size_t>(rows * n));
  const GroupedGemmArgs args{
      .x = input.x.data(), .offsets = offsets, .weights = weights, .row_scales = input.row_scales(), .y = y.data()};
  native ? grouped_gemm_native(args) : grouped_gemm(args);
  Worst worst;
  for (size_t e = 0; e < weights.size(); ++e) {
    const int64_t first = offsets[e];
    sample_outputs({.x = input.x.data() + first * k,
                    .m = offsets[e + 1] - first,
                    .w = &weights[e],
                    .row_scales = input.row_scales() == nullptr ? nullptr : input.row_scales() + first,
                    .y = y.data() + first * n},
                   samples, seed + e, kind, worst);
  }
  return worst.item(name);
}

SelfTestItem check_rmsnorm(const std::string& name, int64_t width, float eps, uint64_t seed) {
  const std::vector<float> x = random_values(kRows * width, seed), weight = random_values(width, seed + 1);
  std::vector<float> found(x.size()), exact(x.size());
  rmsnorm({.x = x.data(), .rows = kRows, .width = width, .weight = weight.data(), .eps = eps, .y = found.data()});
  rmsnorm_ref({.x = x.data(), .rows = kRows, .width = width, .weight = weight.data(), .eps = eps, .y = exact.data()});
  Worst worst;  // a chain of `width` roundings under a square root, then five more
  for (size_t i = 0; i < x.size(); ++i)
    worst.see(found[i], exact[i],
              (0.5 * static_cast<double>(width) + 6.0) * kUnit * std::abs(static_cast<double>(exact[i])) + 1e-40);
  return worst.item(name);
}

SelfTestItem check_quantize(const std::string& name, int64_t width, uint64_t seed) {
  const std::vector<float> x = random_values(kRows * width, seed);
  std::vector<float> codes(x.size()), scales(kRows), exact_codes(x.size()), exact_scales(kRows);
  quantize_per_token({.x = x.data(), .rows = kRows, .width = width, .codes = codes.data(), .scales = scales.data()});
  quantize_per_token_ref(
      {.x = x.data(), .rows = kRows, .width = width, .codes = exact_codes.data(), .scales = exact_scales.data()});
  Worst worst;  // a specification of bits: nothing is allowed
  for (size_t i = 0; i < codes.size(); ++i) worst.see(codes[i], exact_codes[i], 0.0);
  for (size_t i = 0; i < scales.size(); ++i) worst.see(scales[i], exact_scales[i], 0.0);
  return worst.item(name);
}

// Both gated activations: the relative error of an exponential and a few roundings, times the size of the factors (not
// of the result, which cancels for negative gates).
template <class Args>
SelfTestItem check_gated(const std::string& name, int64_t width, uint64_t seed, void (*kernel)(const Args&),
                         void (*reference)(const Args&)) {
  const std::vector<float> x = random_values(kRows * 2 * width, seed, 2.0);
  std::vector<float> found(static_cast<size_t>(kRows * width)), exact(found.size());
  Args args{
      .gate = x.data(), .up = x.data() + width, .rows = kRows, .width = width, .stride = 2 * width, .y = found.data()};
  kernel(args);
  args.y = exact.data();
  reference(args);
  Worst worst;
  for (int64_t r = 0; r < kRows; ++r)
    for (int64_t c = 0; c < width; ++c) {
      const double size = std::abs(static_cast<double>(args.gate[r * args.stride + c]) * args.up[r * args.stride + c]);
      const size_t i = static_cast<size_t>(r * width + c);
      worst.see(found[i], exact[i], 12.0 * kUnit * size + 1e-40);
    }
  return worst.item(name);
}

SelfTestItem check_gelu_mul(const std::string& name, int64_t width, uint64_t seed) {
  return check_gated<GeluMulArgs>(name, width, seed, gelu_mul, gelu_mul_ref);
}

SelfTestItem check_silu_mul(const std::string& name, int64_t width, uint64_t seed) {
  return check_gated<SiluMulArgs>(name, width, seed, silu_mul, silu_mul_ref);
}

SelfTestItem check_rope(const std::string& name, const LayerConfig& layer, int64_t heads, uint64_t seed) {
  const std::vector<float> x = random_values(kRows * heads * layer.head_dim, seed);
  const std::vector<float> inv_freq = rope_inv_freq(layer.rope_theta, layer.head_dim, layer.rope_rotated);
  const std::vector<int32_t> positions = {0, 77, 5000};
  std::vector<float> found = x, exact = x;
  RopeArgs args{.x = found.data(),
                .tokens = kRows,
                .heads = heads,
                .head_dim = layer.head_dim,
                .positions = positions.data(),
                .inv_freq = inv_freq};
  rope(args);
  args.x = exact.data();
  rope_ref(args);
  const int64_t half = layer.head_dim / 2;
  Worst worst;  // two products and a sum, each rounded, of a rounded cosine and sine
  for (int64_t i = 0; i < static_cast<int64_t>(x.size()); ++i) {
    const int64_t pair = i % layer.head_dim < half ? i + half : i - half;
    const double size = std::abs(static_cast<double>(x[static_cast<size_t>(i)])) +
                        std::abs(static_cast<double>(x[static_cast<size_t>(pair)]));
    worst.see(found[static_cast<size_t>(i)], exact[static_cast<size_t>(i)], 4.0 * kUnit * size);
  }
  return worst.item(name);
}

SelfTestItem check_attention(const std::string& name, const LayerConfig& layer, int64_t heads, int64_t window,
                             uint64_t seed) {
  constexpr int64_t kTokens = 40;
  const int64_t head_dim = layer.head_dim;
  // Normed queries and keys have unit variance; halved, a score spreads over some nats, as in the model.
  const std::vector<float> q = random_values(kTokens * heads * head_dim, seed,
                                             0.5 / std::sqrt(std::sqrt(static_cast<double>(head_dim)))),
                           k = random_values(kTokens * layer.kv_heads * head_dim, seed + 1, 0.5),
                           v = random_values(kTokens * layer.kv_heads * head_dim, seed + 2);
  KvCacheLayer cache = empty_cache(layer, KvDType::kF32);
  kv_append(cache, k.data(), v.data(), kTokens);
  std::vector<float> found(q.size()), exact(q.size());
  AttentionArgs args{.q = q.data(),
                     .tokens = kTokens,
                     .first = 0,
                     .heads = heads,
                     .cache = &cache,
                     .window = window > 0 ? std::min<int64_t>(window, kTokens / 2) : 0,
                     .scale = 1.0f,
                     .out = found.data()};
  attention_batch(&args, 1);
  args.out = exact.data();
  attention_ref(args);
  // A score's error moves its probability by that share; then a chain of kTokens products.
  double largest_v = 0.0;
  for (const float value : v) largest_v = std::max(largest_v, std::abs(static_cast<double>(value)));
  const double score_error =
      static_cast<double>(head_dim) * kUnit * largest_norm(q, head_dim) * largest_norm(k, head_dim);
  const double tolerance = largest_v * (2.0 * std::expm1(2.0 * score_error) + (2.0 * kTokens + 8.0) * kUnit);
  Worst worst;
  for (size_t i = 0; i < found.size(); ++i) worst.see(found[i], exact[i], tolerance);
  return worst.item(name);
}

SelfTestItem check_router(const std::string& name, int64_t experts, int64_t top_k, uint64_t seed) {
  constexpr int64_t kTokens = 16;
  std::vector<float> logits = random_values(kTokens * experts, seed, 2.0);
  if (experts > 1) logits[1] = logits[0];  // a tie goes to the lowest id
  const std::vector<float> scale = random_values(experts, seed + 1);
  std::vector<int32_t> index(kTokens * static_cast<size_t>(top_k)), exact_index(index.size());
  std::vector<float> weight(index.size()), exact_weight(index.size());
  RouterArgs args{.logits = logits.data(),
                  .tokens = kTokens,
                  .experts = experts,
                  .top_k = top_k,
                  .per_expert_scale = scale.data(),
                  .index = index.data(),
                  .weight = weight.data()};
  router_topk(args);
  args.index = exact_index.data();
  args.weight = exact_weight.data();
  router_topk_ref(args);
  Worst worst;
  for (size_t i = 0; i < index.size(); ++i) {
    worst.see(index[i], exact_index[i], 0.0);
    worst.see(weight[i], exact_weight[i],
              (static_cast<double>(top_k) + 6.0) * 2.0 * kUnit * std::abs(static_cast<double>(exact_weight[i])));
  }
  return worst.item(name);
}

}  // namespace fp8bench
