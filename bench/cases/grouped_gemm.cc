// The MoE product: rows sorted by expert, each with its expert's weights. What a layer pays includes sending the tokens
// to their experts and, in FP8, quantizing them; the -product contenders start from what is sent and quantized already.
#include "kernels/grouped_gemm/grouped_gemm.h"

#include <array>
#include <memory>

#include "bench/cases/cases.h"
#include "bench/cases/checks.h"
#include "bench/cases/inputs.h"
#include "bench/cases/routing.h"
#include "harness/engine/elementwise.h"
#include "kernels/bf16.h"
#include "kernels/native_gemm/native_gemm.h"
#include "kernels/quantize/quantize.h"

namespace fp8bench {
namespace {

constexpr std::array kAxes = {
    Axis{"n", Axis::Kind::kCount, "", "", 1, 1 << 20, "outputs of an expert"},
    Axis{"k", Axis::Kind::kCount, "", "", 1, 1 << 17, "inputs of an expert"},
    Axis{"experts", Axis::Kind::kCount, "", "", 1, 4096, "experts of the layer"},
    Axis{"top_k", Axis::Kind::kCount, "", "", 1, 64, "experts of a token"},
    Axis{"gather", Axis::Kind::kCount, "1", "", 0, 1,
         "1: tokens are sent to their experts (gate_up); 0: every row has its own input (down)"},
    kTokensAxis,
    kRoutingAxis,
    kInputAxis,
    kAccumulateAxis,
    kModeAxis,
    Axis{"contenders", Axis::Kind::kSet, "bf16,f8,bf16-product,f8-product", "bf16|f8|bf16-product|f8-product", 0, 0,
         "who takes part"},
};

struct Set {
  RoutedRows routed;
  std::vector<float> x;  // (tokens, k), or (rows, k) without gather
  QuantizedInputs quantized;
  std::vector<float> sorted, sorted_codes, sorted_scales;  // (rows, k), (rows): what the products read
  std::vector<float> y_bf16, y_f8, y_bf16_product, y_f8_product;
};

class ExpertProducts {
 public:
  ExpertProducts(const CaseSpec& spec, const CaseContext& context)
      : n_(spec.count("n")),
        k_(spec.count("k")),
        tokens_(spec.count("tokens")),
        gather_(spec.count("gather") == 1),
        seed_(context.seed),
        accumulate_(is_native(spec) ? Accumulate::kNative : Accumulate::kF32) {
    const int64_t experts = spec.count("experts"), top_k = spec.count("top_k");
    weights_ = context.weights.get(n_, k_, experts);
    // Rotated over the experts of one layer: the next sample's tokens go elsewhere. Few tokens reach few experts, so
    // they need more sets before a cache has lost the first ones.
    const double hit = static_cast<double>(std::min(experts, tokens_ * top_k) * n_ * k_);
    const int sets = tokens_ > kFewTokens && mode_of(spec) == Mode::kRotate
                         ? 2
                         : std::min(16, sets_to_rotate(context.environment, mode_of(spec), hit));
    cache_resident_ = fits_cache(context.environment, 1, static_cast<double>(experts * n_ * k_));
    sets_.resize(static_cast<size_t>(sets));
    for (size_t s = 0; s < sets_.size(); ++s)
      fill(sets_[s], make_routing(spec.choice("routing"), tokens_, experts, top_k, seed_ + s), experts, top_k,
           spec.choice("input"), seed_ + s);
    // Scratch of the timed contenders; every set has as many rows.
    const size_t rows = static_cast<size_t>(sets_.front().routed.rows()), width = static_cast<size_t>(k_);
    scratch_.resize(rows * width);
    codes_.resize(sets_.front().x.size());
    scales_.resize(sets_.front().x.size() / width);
    sorted_scales_.resize(rows);
  }

  int sets() const { return static_cast<int>(sets_.size()); }
  bool cache_resident() const { return cache_resident_; }
  Set& set(int index) { return sets_[static_cast<size_t>(index)]; }

  void product(const Set& s, const float* x, const float* row_scales, float* y) const {
    const GroupedGemmArgs args{.x = x,
                               .offsets = s.routed.offsets,
                               .weights = row_scales == nullptr ? bf16() : f8(),
                               .row_scales = row_scales,
                               .y = y};
    if (accumulate_ == Accumulate::kNative) return grouped_gemm_native(args);
    grouped_gemm(args);
  }

  void run_bf16(Set& s) {
    if (!gather_) return product(s, s.x.data(), nullptr, s.y_bf16.data());
    send(s, s.x.data());
    product(s, scratch_.data(), nullptr, s.y_bf16.data());
  }

  void run_f8(Set& s) {
    quantize_per_token({.x = s.x.data(),
                        .rows = static_cast<int64_t>(scales_.size()),
                        .width = k_,
                        .codes = codes_.data(),
                        .scales = scales_.data()});
    if (!gather_) return product(s, codes_.data(), scales_.data(), s.y_f8.data());
    send(s, codes_.data());
    for (size_t i = 0; i < sorted_scales_.size(); ++i)
      sorted_scales_[i] = scales_[static_cast<size_t>(s.routed.token[i])];
    product(s, scratch_.data(), sorted_scales_.data(), s.y_f8.data());
  }

  Check check_bf16(const Set& s, const std::vector<float>& y) const { return check(s, s.sorted, {}, bf16(), y); }
  Check check_f8(const Set& s, const std::vector<float>& y) const {
    return check(s, s.sorted_codes, s.sorted_scales, f8(), y);
  }

  // Means over the rotation: how many experts a set reads differs.
  Amount amount(std::span<const PackedMatrix> weights, bool products_only) const {
    double hit = 0.0;
    for (const Set& s : sets_) hit += static_cast<double>(s.routed.experts_hit()) / static_cast<double>(sets_.size());
    const double rows = static_cast<double>(sets_.front().routed.rows());
    const double inputs = gather_ && !products_only ? static_cast<double>(tokens_) : rows;
    return {.bytes = hit * static_cast<double>(weights.front().bytes()) +
                     4.0 * (inputs * static_cast<double>(k_) + rows * static_cast<double>(n_)),
            .flop = 2.0 * rows * static_cast<double>(n_) * static_cast<double>(k_)};
  }
  // The pool may hold more matrices than this layer has experts.
  std::span<const PackedMatrix> bf16() const { return std::span(weights_->bf16).first(experts()); }
  std::span<const PackedMatrix> f8() const { return std::span(weights_->f8).first(experts()); }
  double zeros() const {
    return std::max(zero_share(sets_.front().quantized.codes), fp8bench::zero_share(weights_->f8.front()));
  }
  nlohmann::json facts() const { return routing_facts(routings()); }
  // The sets share experts: what the rotation touches is less than its sets times their bytes.
  double footprint() const {
    const double activations = 4.0 * static_cast<double>(sets_.front().routed.rows() * (k_ + n_));
    return static_cast<double>(experts_hit_by_any(routings()) * f8().front().bytes()) +
           static_cast<double>(sets_.size()) * activations;
  }

 private:
  std::vector<RoutedRows> routings() const {
    std::vector<RoutedRows> all;
    for (const Set& s : sets_) all.push_back(s.routed);
    return all;
  }
  size_t experts() const { return sets_.front().routed.offsets.size() - 1; }

  void fill(Set& s, const std::vector<int32_t>& index, int64_t experts, int64_t top_k, const std::string& input,
            uint64_t seed) const {
    s.routed = RoutedRows(index, experts, top_k);
    const int64_t rows = s.routed.rows();
    s.x = make_inputs(input, gather_ ? tokens_ : rows, k_, seed);
    if (accumulate_ == Accumulate::kNative)  // what reads BF16 gets BF16: its products are then exact
      for (float& value : s.x) value = round_to_bf16(value);
    s.quantized = QuantizedInputs(s.x, k_);
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t from = gather_ ? s.routed.token[static_cast<size_t>(row)] : row;
      const auto copy = [&](const std::vector<float>& in, std::vector<float>& out) {
        out.insert(out.end(), in.begin() + from * k_, in.begin() + (from + 1) * k_);
      };
      copy(s.x, s.sorted);
      copy(s.quantized.codes, s.sorted_codes);
      s.sorted_scales.push_back(s.quantized.scales[static_cast<size_t>(from)]);
    }
    for (auto* y : {&s.y_bf16, &s.y_f8, &s.y_bf16_product, &s.y_f8_product}) y->resize(static_cast<size_t>(rows * n_));
  }

  void send(const Set& s, const float* x) {
    gather_rows({const_cast<float*>(x), tokens_, k_}, s.routed.token.data(),
                {scratch_.data(), s.routed.rows(), k_});  // a view: its input is not written
  }

  Check check(const Set& s, const std::vector<float>& x, const std::vector<float>& row_scales,
              std::span<const PackedMatrix> weights, const std::vector<float>& y) const {
    return check_outputs(s.routed.rows() * n_, tokens_ <= kFewTokens, seed_, [&](int64_t i) {
      const int64_t row = i / n_;
      const GemmArgs args{.x = x.data() + row * k_,
                          .m = 1,
                          .w = &weights[static_cast<size_t>(s.routed.expert_of(row))],
                          .row_scales = row_scales.empty() ? nullptr : row_scales.data() + row,
                          .y = nullptr};
      return gemm_error(args, 0, i % n_, y[static_cast<size_t>(i)], accumulate_);
    });
  }

  int64_t n_, k_, tokens_;
  bool gather_;
  uint64_t seed_;
  Accumulate accumulate_;
  bool cache_resident_ = false;
  std::shared_ptr<const WeightSets> weights_;
  std::vector<Set> sets_;
  std::vector<float> scratch_, codes_, scales_, sorted_scales_;
};

BuiltCase build(const CaseSpec& spec, const CaseContext& context) {
  const auto work = std::make_shared<ExpertProducts>(spec, context);
  const ComputeUnit unit = unit_of(is_native(spec));
  const int sets = work->sets();
  BuiltCase built;
  built.sets = sets;
  built.cache_resident = work->cache_resident();
  built.bound = bound_of(spec.count("tokens"));
  built.facts = work->facts();
  built.footprint = work->footprint();
  const auto add = [&](const char* name, bool f8, bool product, std::function<void(Set&)> run,
                       std::function<Check(Set&)> check) {
    built.contenders.push_back({.name = name,
                                .run = [work, sets, run](int i) { run(work->set(i % sets)); },
                                .check = [work, check](int set) { return check(work->set(set)); },
                                .amount = work->amount(f8 ? work->f8() : work->bf16(), product),
                                .unit = unit,
                                .zero_share = f8 ? work->zeros() : 0.0});
  };
  ExpertProducts& w = *work;  // kept alive by the closures above
  add(
      "bf16", false, false, [&w](Set& s) { w.run_bf16(s); }, [&w](Set& s) { return w.check_bf16(s, s.y_bf16); });
  add(
      "f8", true, false, [&w](Set& s) { w.run_f8(s); }, [&w](Set& s) { return w.check_f8(s, s.y_f8); });
  add(
      "bf16-product", false, true, [&w](Set& s) { w.product(s, s.sorted.data(), nullptr, s.y_bf16_product.data()); },
      [&w](Set& s) { return w.check_bf16(s, s.y_bf16_product); });
  add(
      "f8-product", true, true,
      [&w](Set& s) { w.product(s, s.sorted_codes.data(), s.sorted_scales.data(), s.y_f8_product.data()); },
      [&w](Set& s) { return w.check_f8(s, s.y_f8_product); });
  return built;
}

}  // namespace

const Op kGroupedGemmOp{"grouped_gemm",
                        "products of a layer's experts; bf16 and f8 include sending (and quantizing) the tokens, "
                        "-product is the products alone",
                        kAxes, build};

}  // namespace fp8bench
