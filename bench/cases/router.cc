// Router logits and the top-k choice. FP8_DYNAMIC leaves the router in BF16, so f8 is the same work as bf16: a row that
// measures the instrument against itself.
#include "kernels/router/router.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>

#include "bench/cases/cases.h"
#include "bench/cases/checks.h"
#include "bench/cases/inputs.h"

namespace fp8bench {
namespace {

constexpr std::array kAxes = {
    Axis{"hidden", Axis::Kind::kCount, "", "", 1, 1 << 17, "inputs"},
    Axis{"experts", Axis::Kind::kCount, "", "", 1, 4096, "experts of the layer"},
    Axis{"top_k", Axis::Kind::kCount, "", "", 1, 64, "experts of a token"},
    kTokensAxis,
    kInputAxis,
    kModeAxis,
    Axis{"contenders", Axis::Kind::kSet, "bf16,f8", "bf16|f8", 0, 0, "who takes part"},
};

struct Chosen {
  std::vector<float> logits, weight;
  std::vector<int32_t> index;
};

class RouterWork {
 public:
  RouterWork(const CaseSpec& spec, const CaseContext& context)
      : hidden_(spec.count("hidden")),
        experts_(spec.count("experts")),
        top_k_(std::min(spec.count("top_k"), experts_)),
        tokens_(spec.count("tokens")),
        seed_(context.seed) {
    const double bytes = static_cast<double>(2 * experts_ * hidden_ + 4 * tokens_ * (hidden_ + experts_));
    const int sets = sets_to_rotate(context.environment, mode_of(spec), bytes);
    cache_resident_ = fits_cache(context.environment, sets, bytes);
    weights_ = context.weights.get(experts_, hidden_, sets);
    scale_ = make_inputs("uniform", 1, experts_, seed_ + 99);
    for (int s = 0; s < sets; ++s) {
      x_.push_back(make_inputs(spec.choice("input"), tokens_, hidden_, seed_ + static_cast<uint64_t>(s)));
      Chosen chosen;
      chosen.logits.resize(static_cast<size_t>(tokens_ * experts_));
      chosen.weight.resize(static_cast<size_t>(tokens_ * top_k_));
      chosen.index.resize(chosen.weight.size());
      bf16_.push_back(chosen);
      f8_.push_back(chosen);
    }
  }

  int sets() const { return static_cast<int>(x_.size()); }
  bool cache_resident() const { return cache_resident_; }
  std::vector<Chosen>& side(bool f8) { return f8 ? f8_ : bf16_; }
  Amount amount() const {
    return {.bytes = static_cast<double>(weights_->bf16.front().bytes() + 4 * tokens_ * (hidden_ + experts_)),
            .flop = 2.0 * static_cast<double>(tokens_ * experts_ * hidden_)};
  }

  GemmArgs logits_args(int set, Chosen& out) const {
    return {.x = x_[static_cast<size_t>(set)].data(),
            .m = tokens_,
            .w = &weights_->bf16[static_cast<size_t>(set)],
            .row_scales = nullptr,
            .y = out.logits.data()};
  }
  RouterArgs choice_args(Chosen& out) const {
    return {.logits = out.logits.data(),
            .tokens = tokens_,
            .experts = experts_,
            .top_k = top_k_,
            .per_expert_scale = scale_.data(),
            .index = out.index.data(),
            .weight = out.weight.data()};
  }
  void run(int set, Chosen& out) const {
    gemm(logits_args(set, out));
    router_topk(choice_args(out));
  }

  Check check(int set, Chosen& out) const {
    const GemmArgs args = logits_args(set, out);
    Check check = check_outputs(tokens_ * experts_, tokens_ <= kFewTokens, seed_, [&](int64_t i) {
      return gemm_error(args, i / experts_, i % experts_, out.logits[static_cast<size_t>(i)], Accumulate::kF32);
    });
    // The choice has one right answer for given logits; weights are exp, sum and quotient of top_k terms.
    Chosen exact = out;
    router_topk_ref(choice_args(exact));
    for (size_t i = 0; i < exact.index.size(); ++i) {
      if (exact.index[i] != out.index[i]) check.worst = std::numeric_limits<double>::infinity();
      const double size = std::fabs(static_cast<double>(exact.weight[i]));
      const double share =
          error_share(out.weight[i], exact.weight[i], (static_cast<double>(top_k_) + 6.0) * 2.0 * 0x1p-24 * size);
      keep_worst(check.worst, share);
    }
    check.outputs += static_cast<int64_t>(exact.index.size());
    return check;
  }

 private:
  int64_t hidden_, experts_, top_k_, tokens_;
  uint64_t seed_;
  bool cache_resident_ = false;
  std::shared_ptr<const WeightSets> weights_;
  std::vector<float> scale_;
  std::vector<std::vector<float>> x_;
  std::vector<Chosen> bf16_, f8_;  // per set
};

BuiltCase build(const CaseSpec& spec, const CaseContext& context) {
  const auto work = std::make_shared<RouterWork>(spec, context);
  const int sets = work->sets();
  BuiltCase built;
  built.sets = sets;
  built.cache_resident = work->cache_resident();
  built.bound = bound_of(spec.count("tokens"));
  for (const bool f8 : {false, true}) {
    std::vector<Chosen>& side = work->side(f8);
    built.contenders.push_back(
        {.name = f8 ? "f8" : "bf16",
         .run = [work, &side, sets](int i) { work->run(i % sets, side[static_cast<size_t>(i % sets)]); },
         .check = [work, &side](int set) { return work->check(set, side[static_cast<size_t>(set)]); },
         .amount = work->amount(),
         .unit = ComputeUnit::kFma});
  }
  return built;
}

}  // namespace

const Op kRouterOp{"router",
                   "router logits and top-k; BF16 in both checkpoints, so f8 shows the instrument's own error", kAxes,
                   build};

}  // namespace fp8bench
