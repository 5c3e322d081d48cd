#include "bench/suites/moe_layer.h"

#include <algorithm>
#include <cmath>

#include "kernels/gelu_mul/gelu_mul.h"
#include "kernels/grouped_gemm/grouped_gemm.h"
#include "kernels/parallel.h"
#include "kernels/quantize/quantize.h"
#include "kernels/rmsnorm/rmsnorm.h"
#include "kernels/router/router.h"

namespace fp8bench {
namespace {

uint64_t mixed(uint64_t x) {  // splitmix64
  x += 0x9E3779B97F4A7C15ull;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

// About normal, mean 0, variance 1: the sum of eight uniform 16-bit values, which needs no transcendental.
float about_normal(uint64_t key) {
  const uint64_t a = mixed(key), b = mixed(key ^ 0xD1B54A32D192ED03ull);
  int64_t sum = 0;
  for (int i = 0; i < 4; ++i)
    sum += static_cast<int64_t>((a >> (16 * i)) & 0xFFFF) + static_cast<int64_t>((b >> (16 * i)) & 0xFFFF);
  return static_cast<float>(sum - 4 * 65535) * (1.0f / 53509.0f);  // 65536 * sqrt(8 / 12)
}

void copy_rows(const std::vector<float>& from, const std::vector<int64_t>& order, int64_t top_k, int64_t width,
               std::vector<float>& to) {
  parallel_for(static_cast<int64_t>(order.size()), 16, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      std::copy_n(from.data() + order[row] / top_k * width, width, to.data() + row * width);
  });
}

}  // namespace

MoeInput make_moe_input(int64_t tokens, int64_t hidden, uint64_t seed) {
  MoeInput input;
  input.tokens = tokens;
  input.residual.resize(tokens * hidden);
  input.normed.resize(tokens * hidden);
  for (int64_t i = 0; i < tokens * hidden; ++i) {
    input.residual[i] = about_normal(mixed(seed) + static_cast<uint64_t>(i));
    input.normed[i] = input.residual[i];
  }
  return input;
}

MoeLayerWork::MoeLayerWork(std::shared_ptr<const LayerWeights> weights, int64_t top_k, float eps)
    : weights_(std::move(weights)),
      top_k_(top_k),
      experts_(static_cast<int64_t>(weights_->expert_gate_up.size())),
      hidden_(weights_->expert_gate_up.front().k),
      ffn_(weights_->expert_down.front().k),
      eps_(eps) {}

void MoeLayerWork::prepare(const MoeInput& input) {
  tokens_ = input.tokens;
  const int64_t routed = tokens_ * top_k_;
  router_in_.resize(tokens_ * hidden_);
  logits_.resize(tokens_ * experts_);
  index_.resize(routed);
  weight_.resize(routed);
  codes_.resize(tokens_ * hidden_);
  token_scales_.resize(tokens_);
  gathered_.resize(routed * hidden_);
  gathered_scales_.resize(routed);
  gate_up_out_.resize(routed * 2 * ffn_);
  activation_out_.resize(routed * ffn_);
  down_in_.resize(routed * ffn_);
  down_scales_.resize(routed);
  down_out_.resize(routed * hidden_);
  out_.resize(tokens_ * hidden_);
  layer(input);
}

void MoeLayerWork::router(const MoeInput& input) {
  rmsnorm({.x = input.residual.data(),
           .rows = tokens_,
           .width = hidden_,
           .weight = weights_->router_scale.data(),
           .eps = eps_,
           .y = router_in_.data()});
  const auto scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(hidden_)));
  for (float& value : router_in_) value *= scale;
  gemm({.x = router_in_.data(), .m = tokens_, .w = &weights_->router, .y = logits_.data()});
  router_topk({.logits = logits_.data(),
               .tokens = tokens_,
               .experts = experts_,
               .top_k = top_k_,
               .per_expert_scale = weights_->per_expert_scale.data(),
               .index = index_.data(),
               .weight = weight_.data()});
}

void MoeLayerWork::sort_by_expert() {
  const int64_t routed = tokens_ * top_k_;
  offsets_.assign(experts_ + 1, 0);
  for (const int32_t expert : index_) ++offsets_[expert + 1];
  for (int64_t e = 0; e < experts_; ++e) offsets_[e + 1] += offsets_[e];
  std::vector<int64_t> next(offsets_.begin(), offsets_.end() - 1);
  order_.resize(routed);
  row_of_.resize(routed);
  row_expert_.resize(routed);
  for (int64_t slot = 0; slot < routed; ++slot) {
    const int64_t row = next[index_[slot]]++;
    order_[row] = slot;
    row_of_[slot] = row;
    row_expert_[row] = index_[slot];
  }
}

void MoeLayerWork::gate_up(const MoeInput& input) {
  const float* scales = nullptr;
  if (quantized()) {
    quantize_per_token({.x = input.normed.data(),
                        .rows = tokens_,
                        .width = hidden_,
                        .codes = codes_.data(),
                        .scales = token_scales_.data()});
    copy_rows(codes_, order_, top_k_, hidden_, gathered_);
    for (int64_t row = 0; row < rows(); ++row) gathered_scales_[row] = token_scales_[order_[row] / top_k_];
    scales = gathered_scales_.data();
  } else {
    copy_rows(input.normed, order_, top_k_, hidden_, gathered_);
  }
  grouped_gemm({.x = gathered_.data(),
                .offsets = offsets_,
                .weights = weights_->expert_gate_up,
                .row_scales = scales,
                .y = gate_up_out_.data()});
}

void MoeLayerWork::activation() {
  gelu_mul({.gate = gate_up_out_.data(),
            .up = gate_up_out_.data() + ffn_,
            .rows = rows(),
            .width = ffn_,
            .stride = 2 * ffn_,
            .y = activation_out_.data()});
}

void MoeLayerWork::down() {
  if (!quantized()) {
    grouped_gemm(
        {.x = activation_out_.data(), .offsets = offsets_, .weights = weights_->expert_down, .y = down_out_.data()});
    return;
  }
  quantize_per_token({.x = activation_out_.data(),
                      .rows = rows(),
                      .width = ffn_,
                      .codes = down_in_.data(),
                      .scales = down_scales_.data()});
  grouped_gemm({.x = down_in_.data(),
                .offsets = offsets_,
                .weights = weights_->expert_down,
                .row_scales = down_scales_.data(),
                .y = down_out_.data()});
}

void MoeLayerWork::combine() {
  parallel_for(tokens_, 4, [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      float* sum = out_.data() + t * hidden_;
      std::fill_n(sum, hidden_, 0.0f);
      for (int64_t rank = 0; rank < top_k_; ++rank) {
        const float weight = weight_[t * top_k_ + rank];
        const float* expert = down_out_.data() + row_of_[t * top_k_ + rank] * hidden_;
        for (int64_t c = 0; c < hidden_; ++c) sum[c] += weight * expert[c];
      }
    }
  });
}

void MoeLayerWork::layer(const MoeInput& input) {
  router(input);
  sort_by_expert();
  gate_up(input);
  activation();
  down();
  combine();
}

int64_t MoeLayerWork::active_experts() const {
  int64_t active = 0;
  for (int64_t e = 0; e < experts_; ++e) active += offsets_[e + 1] > offsets_[e] ? 1 : 0;
  return active;
}

int64_t MoeLayerWork::gate_up_bytes() const { return active_experts() * weights_->expert_gate_up.front().bytes(); }
int64_t MoeLayerWork::down_bytes() const { return active_experts() * weights_->expert_down.front().bytes(); }

GemmArgs MoeLayerWork::router_args() const {
  return {.x = router_in_.data(), .m = tokens_, .w = &weights_->router, .y = const_cast<float*>(logits_.data())};
}

GemmArgs MoeLayerWork::gate_up_args(int64_t row) const {
  return {.x = gathered_.data() + row * hidden_,
          .m = 1,
          .w = &weights_->expert_gate_up[row_expert_[row]],
          .row_scales = quantized() ? gathered_scales_.data() + row : nullptr};
}

GemmArgs MoeLayerWork::down_args(int64_t row) const {
  const bool fp8 = quantized();
  return {.x = (fp8 ? down_in_ : activation_out_).data() + row * ffn_,
          .m = 1,
          .w = &weights_->expert_down[row_expert_[row]],
          .row_scales = fp8 ? down_scales_.data() + row : nullptr};
}

double MoeLayerWork::combined(int64_t token, int64_t column, double& magnitude) const {
  double sum = 0.0;
  magnitude = 0.0;
  for (int64_t rank = 0; rank < top_k_; ++rank) {
    const int64_t slot = token * top_k_ + rank;
    const double term =
        static_cast<double>(weight_[slot]) * static_cast<double>(down_out_[row_of_[slot] * hidden_ + column]);
    sum += term;
    magnitude += std::fabs(term);
  }
  return sum;
}

}  // namespace fp8bench
