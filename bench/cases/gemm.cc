// A dense linear layer: y = x W^T, BF16 weights against FP8 W8A8.
#include <array>
#include <memory>

#include "bench/cases/cases.h"
#include "bench/cases/checks.h"
#include "bench/cases/inputs.h"
#include "bench/cases/onednn.h"
#include "kernels/bf16.h"
#include "kernels/quantize/quantize.h"

namespace fp8bench {
namespace {

constexpr std::array kAxes = {
    Axis{"n", Axis::Kind::kCount, "", "", 1, 1 << 20, "outputs"},
    Axis{"k", Axis::Kind::kCount, "", "", 1, 1 << 17, "inputs"},
    kTokensAxis,
    kInputAxis,
    kAccumulateAxis,
    kModeAxis,
    Axis{"contenders", Axis::Kind::kSet, "bf16,f8,f8-product", "bf16|f8|f8-product|onednn", 0, 0, "who takes part"},
};

// One set of the rotation.
struct Set {
  std::vector<float> x;
  QuantizedInputs quantized;
  std::vector<float> y_bf16, y_f8, y_product, y_onednn;
};

class DenseLinear {
 public:
  DenseLinear(const CaseSpec& spec, const CaseContext& context)
      : n_(spec.count("n")),
        k_(spec.count("k")),
        tokens_(spec.count("tokens")),
        seed_(context.seed),
        accumulate_(is_native(spec) ? Accumulate::kNative : Accumulate::kF32),
        codes_(static_cast<size_t>(tokens_ * k_)),
        scales_(static_cast<size_t>(tokens_)) {
    const double per_set = static_cast<double>(n_ * k_ + 4 * tokens_ * (n_ + k_));
    const int sets = sets_to_rotate(context.environment, mode_of(spec), per_set);
    cache_resident_ = fits_cache(context.environment, sets, per_set);
    weights_ = context.weights.get(n_, k_, sets);
    sets_.resize(static_cast<size_t>(sets));
    for (size_t s = 0; s < sets_.size(); ++s) {
      Set& set = sets_[s];
      set.x = make_inputs(spec.choice("input"), tokens_, k_, seed_ + s);
      // What reads BF16 gets BF16: the products are then exact on both paths.
      if (accumulate_ == Accumulate::kNative)
        for (float& value : set.x) value = round_to_bf16(value);
      set.quantized = QuantizedInputs(set.x, k_);
      for (auto* y : {&set.y_bf16, &set.y_f8, &set.y_product}) y->resize(static_cast<size_t>(tokens_ * n_));
    }
  }

  // The same BF16 layer by oneDNN, on every set.
  void add_onednn() {
    for (size_t s = 0; s < sets_.size(); ++s) {
      Set& set = sets_[s];
      set.y_onednn.resize(static_cast<size_t>(tokens_ * n_));
      onednn_.emplace_back(weights_->bf16[s], set.x.data(), tokens_, set.y_onednn.data());
    }
  }
  void run_onednn(int set) { onednn_[static_cast<size_t>(set)].run(); }
  GemmArgs onednn(int set) {
    GemmArgs args = bf16(set);
    args.y = sets_[static_cast<size_t>(set)].y_onednn.data();
    return args;
  }
  // Its unit's tolerance covers the rounding of x to BF16 as well; float32 sums in any order keep the canonical one.
  Check check_onednn(const GemmArgs& args) const {
    return check(args, OneDnnLinear::uses_bf16() ? Accumulate::kNative : Accumulate::kF32);
  }

  int sets() const { return static_cast<int>(sets_.size()); }
  bool cache_resident() const { return cache_resident_; }

  GemmArgs bf16(int set) {
    Set& s = sets_[static_cast<size_t>(set)];
    return {.x = s.x.data(), .m = tokens_, .w = &weights_->bf16[static_cast<size_t>(set)], .y = s.y_bf16.data()};
  }
  GemmArgs f8(int set) {  // of the reference's codes: the exact side of both FP8 contenders
    Set& s = sets_[static_cast<size_t>(set)];
    return {.x = s.quantized.codes.data(),
            .m = tokens_,
            .w = &weights_->f8[static_cast<size_t>(set)],
            .row_scales = s.quantized.scales.data(),
            .y = s.y_f8.data()};
  }
  GemmArgs product(int set) {
    GemmArgs args = f8(set);
    args.y = sets_[static_cast<size_t>(set)].y_product.data();
    return args;
  }

  void run(GemmArgs args) const { run_gemm(args, accumulate_); }
  void run_quantized(int set) {
    quantize_per_token({.x = sets_[static_cast<size_t>(set)].x.data(),
                        .rows = tokens_,
                        .width = k_,
                        .codes = codes_.data(),
                        .scales = scales_.data()});
    GemmArgs args = f8(set);
    args.x = codes_.data();
    args.row_scales = scales_.data();
    run(args);
  }

  Check check(const GemmArgs& args) const { return check(args, accumulate_); }
  Check check(const GemmArgs& args, Accumulate accumulate) const {
    return check_outputs(tokens_ * n_, tokens_ <= kFewTokens, seed_,
                         [&](int64_t i) { return gemm_error(args, i / n_, i % n_, args.y[i], accumulate); });
  }

  Amount amount(const PackedMatrix& weight) const {
    return {.bytes = static_cast<double>(weight.bytes() + 4 * tokens_ * (n_ + k_)),
            .flop = 2.0 * static_cast<double>(tokens_) * static_cast<double>(n_) * static_cast<double>(k_)};
  }
  const WeightSets& weights() const { return *weights_; }
  double zeros() const {
    return std::max(zero_share(sets_.front().quantized.codes), fp8bench::zero_share(weights_->f8.front()));
  }

 private:
  int64_t n_, k_, tokens_;
  uint64_t seed_;
  Accumulate accumulate_;
  bool cache_resident_ = false;
  std::shared_ptr<const WeightSets> weights_;
  std::vector<Set> sets_;
  std::vector<float> codes_, scales_;  // of the timed quantization
  std::vector<OneDnnLinear> onednn_;   // per set
};

void add_onednn(const std::shared_ptr<DenseLinear>& work, BuiltCase& built) {
  if (const std::string why = onednn_absent(); !why.empty()) {
    built.absent.emplace_back("onednn", why);
    return;
  }
  work->add_onednn();
  const bool bf16 = OneDnnLinear::uses_bf16();
  Amount amount = work->amount(work->weights().bf16.front());
  if (!bf16) amount.bytes += static_cast<double>(work->weights().bf16.front().bytes());  // its weights are float32
  built.peers.push_back({.name = "onednn",
                         .run = [work, sets = built.sets](int i) { work->run_onednn(i % sets); },
                         .check = [work](int set) { return work->check_onednn(work->onednn(set)); },
                         .amount = amount,
                         .unit = unit_of(bf16)});
}

BuiltCase build(const CaseSpec& spec, const CaseContext& context) {
  const auto work = std::make_shared<DenseLinear>(spec, context);
  const ComputeUnit unit = unit_of(is_native(spec));
  const int sets = work->sets();
  BuiltCase built;
  built.sets = sets;
  built.cache_resident = work->cache_resident();
  built.bound = bound_of(spec.count("tokens"));
  built.contenders = {
      {.name = "bf16",
       .run = [work, sets](int i) { work->run(work->bf16(i % sets)); },
       .check = [work](int set) { return work->check(work->bf16(set)); },
       .amount = work->amount(work->weights().bf16.front()),
       .unit = unit},
      {.name = "f8",
       .run = [work, sets](int i) { work->run_quantized(i % sets); },
       .check = [work](int set) { return work->check(work->f8(set)); },
       .amount = work->amount(work->weights().f8.front()),
       .unit = unit,
       .zero_share = work->zeros()},
      {.name = "f8-product",
       .run = [work, sets](int i) { work->run(work->product(i % sets)); },
       .check = [work](int set) { return work->check(work->product(set)); },
       .amount = work->amount(work->weights().f8.front()),
       .unit = unit,
       .zero_share = work->zeros()},
  };
  if (spec.has("contenders", "onednn")) add_onednn(work, built);
  return built;
}

}  // namespace

const Op kGemmOp{
    "gemm",
    "a dense linear layer; f8 quantizes its input per token, f8-product gets it quantized, onednn: BF16 by oneDNN",
    kAxes, build};

}  // namespace fp8bench
