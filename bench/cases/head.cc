// The output head: hidden states to logits, word tile by word tile as the engine walks a vocabulary; and the divergence
// of two checkpoints that share it, whose logits exist for a block of tokens only.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <mutex>

#include "bench/cases/cases.h"
#include "bench/cases/checks.h"
#include "bench/cases/inputs.h"
#include "harness/engine/elementwise.h"
#include "harness/score/score_head.h"
#include "kernels/bf16.h"
#include "kernels/gelu_mul/gelu_mul.h"
#include "kernels/parallel.h"

namespace fp8bench {
namespace {

constexpr std::array kAxes = {
    Axis{"vocab", Axis::Kind::kCount, "", "", 2, 1 << 20, "words"},
    Axis{"hidden", Axis::Kind::kCount, "", "", 1, 1 << 17, "width of the residual stream"},
    kTokensAxis,
    kInputAxis,
    kAccumulateAxis,
    kModeAxis,
    Axis{"contenders", Axis::Kind::kSet, "logits,divergence", "logits|divergence", 0, 0, "who takes part"},
};

constexpr int64_t kTileWords = 8192;  // as Head's
constexpr float kCap = 30.0f;         // the softcap of Gemma
constexpr int64_t kExactRows = 2;     // an exact row costs a pass over the whole head

// A row of exact logits and how far computed ones may be off.
struct ExactRow {
  std::vector<double> logits;
  double allowed = 0.0;  // the worst of the row
};

class HeadWork {
 public:
  HeadWork(const CaseSpec& spec, const CaseContext& context)
      : vocab_(spec.count("vocab")),
        hidden_(spec.count("hidden")),
        tokens_(spec.count("tokens")),
        accumulate_(is_native(spec) ? Accumulate::kNative : Accumulate::kF32) {
    const int64_t whole = vocab_ / kTileWords, rest = vocab_ % kTileWords;
    if (whole > 0) owners_.push_back(context.weights.get(kTileWords, hidden_, whole));
    if (whole > 0)
      for (int64_t i = 0; i < whole; ++i) tiles_.push_back(&owners_.back()->bf16[static_cast<size_t>(i)]);
    if (rest > 0) {
      owners_.push_back(context.weights.get(rest, hidden_, 1));
      tiles_.push_back(&owners_.back()->bf16.front());
    }
    // The candidate is the reference with some noise, about as far off as a quantized model. One token more than is
    // scored: the last has no next word.
    const std::string& input = spec.choice("input");
    reference_ = make_inputs(input, tokens_ + 1, hidden_, context.seed);
    candidate_ = reference_;
    const std::vector<float> noise = make_inputs("normal", tokens_ + 1, hidden_, context.seed + 1);
    for (size_t i = 0; i < candidate_.size(); ++i) candidate_[i] += 0.05f * noise[i];
    if (accumulate_ == Accumulate::kNative)  // what reads BF16 gets BF16
      for (auto* x : {&reference_, &candidate_})
        for (float& value : *x) value = round_to_bf16(value);
    std::vector<int32_t> ids;
    for (int64_t t = 0; t <= tokens_; ++t)
      ids.push_back(
          static_cast<int32_t>(mix64(context.seed + static_cast<uint64_t>(t)) % static_cast<uint64_t>(vocab_)));
    batch_.add(ids);
    logits_.resize(static_cast<size_t>(tokens_ * vocab_));
  }

  void run_logits() { logits(reference_.data(), tokens_, logits_.data()); }
  void run_divergence() {
    const ScoredRun candidate = run_of(candidate_);
    scored_ = score_heads(run_of(reference_), std::span(&candidate, 1), batch_).front();
  }

  Check check_logits(uint64_t seed) {
    return check_outputs(tokens_ * vocab_, false, seed, [&](int64_t i) {
      const int64_t row = i / vocab_, word = i % vocab_;
      const GemmArgs args = product(reference_.data() + row * hidden_, word);
      const double exact = capped(gemm_ref_output(args, 0, word % kTileWords));
      return error_share(logits_[static_cast<size_t>(i)], exact,
                         gemm_allowance(args, 0, word % kTileWords, accumulate_) + cap_error(exact));
    });
  }

  // Sampled tokens against distributions in double of exact logits. If no logit is off by more than e, no ln p is by
  // more than 2 e; so the divergence, a mean over p of ln p - ln q, moves by their sum and by what p itself moves.
  Check check_divergence(uint64_t seed) {
    Check check;
    if (static_cast<int64_t>(scored_.size()) != tokens_) return {.worst = INFINITY, .outputs = tokens_};
    for (int64_t i = 0; i < std::min(tokens_, kExactRows); ++i) {
      const int64_t row = static_cast<int64_t>(mix64(seed + static_cast<uint64_t>(i)) % static_cast<uint64_t>(tokens_));
      keep_worst(check.worst, divergence_error(row));
      check.outputs += vocab_;
    }
    return check;
  }

  // A pass over the head for each block of tokens whose logits fit the scratch, and logits written and read there.
  Amount amount(int64_t runs) const {
    double bytes = 0.0;
    for (const PackedMatrix* tile : tiles_) bytes += static_cast<double>(tile->bytes());
    const double blocks =
        runs == 1 ? 1.0
                  : std::ceil(static_cast<double>(tokens_) /
                              std::max(1.0, std::floor(static_cast<double>(ScoreHeadOptions{}.scratch_bytes) /
                                                       (8.0 * static_cast<double>(vocab_)))));
    const double rows = static_cast<double>(runs * tokens_);
    return {.bytes = bytes * static_cast<double>(runs) * blocks + 4.0 * rows * static_cast<double>(hidden_),
            .flop = 2.0 * rows * static_cast<double>(vocab_) * static_cast<double>(hidden_)};
  }

 private:
  void logits(const float* x, int64_t rows, float* out) {
    for (size_t i = 0; i < tiles_.size(); ++i) {
      const PackedMatrix& tile = *tiles_[i];
      part_.resize(static_cast<size_t>(rows * tile.n));
      run_gemm({.x = x, .m = rows, .w = &tile, .row_scales = nullptr, .y = part_.data()}, accumulate_);
      softcap(part_.data(), rows * tile.n, kCap);
      for (int64_t r = 0; r < rows; ++r)
        std::copy_n(part_.data() + r * tile.n, tile.n, out + r * vocab_ + static_cast<int64_t>(i) * kTileWords);
    }
  }

  ScoredRun run_of(const std::vector<float>& hidden) {
    return {.hidden = hidden,
            .hidden_size = hidden_,
            .vocab = vocab_,
            .logits = [this](const float* x, int64_t rows, float* out) { logits(x, rows, out); }};
  }

  GemmArgs product(const float* x, int64_t word) const {
    return {.x = x, .m = 1, .w = tiles_[static_cast<size_t>(word / kTileWords)], .row_scales = nullptr, .y = nullptr};
  }
  static double capped(double logit) { return kCap * std::tanh(logit / static_cast<double>(kCap)); }
  // Division, tanh and product in float32; the cap itself passes errors on, never enlarged.
  static double cap_error(double exact) { return 4.0 * 0x1p-23 * std::fabs(exact) + 1e-38; }

  const ExactRow& exact(const std::vector<float>& hidden, int64_t row) {
    ExactRow& known = exact_[{&hidden, row}];
    if (!known.logits.empty()) return known;
    known.logits.resize(static_cast<size_t>(vocab_));
    std::mutex mutex;
    parallel_for(vocab_, 256, [&](int64_t begin, int64_t end) {
      double worst = 0.0;
      for (int64_t word = begin; word < end; ++word) {
        const GemmArgs args = product(hidden.data() + row * hidden_, word);
        const double value = capped(gemm_ref_output(args, 0, word % kTileWords));
        known.logits[static_cast<size_t>(word)] = value;
        worst = std::max(worst, gemm_allowance(args, 0, word % kTileWords, accumulate_) + cap_error(value));
      }
      const std::lock_guard lock(mutex);
      known.allowed = std::max(known.allowed, worst);
    });
    return known;
  }

  double divergence_error(int64_t row) {
    const ExactRow &r = exact(reference_, row), &c = exact(candidate_, row);
    WordDistribution p, q;
    set_from_logits(std::span<const double>(r.logits), p);
    set_from_logits(std::span<const double>(c.logits), q);
    const int32_t gold = batch_.ids[static_cast<size_t>(row + 1)];
    const TokenDivergence want = token_divergence(p, q, gold);
    const TokenDivergence& found = scored_[static_cast<size_t>(row)];
    double spread = 0.0;  // sum p |ln p - ln q|
    for (size_t i = 0; i < p.p.size(); ++i) spread += p.p[i] * std::fabs(p.logp[i] - q.logp[i]);
    const double in_p = 2.0 * r.allowed, in_q = 2.0 * c.allowed, rounding = 1e-12;
    double worst = error_share(found.kld, want.kld, std::expm1(in_p) * spread + in_p + in_q + rounding);
    keep_worst(worst, error_share(found.nll_ref, want.nll_ref, in_p + rounding));
    keep_worst(worst, error_share(found.nll_cand, want.nll_cand, in_q + rounding));
    // Another best word only where the exact ones are as good as equal.
    const auto best = [](const WordDistribution& d, int32_t word, double allowed) {
      return error_share(d.logp[static_cast<size_t>(word)], d.logp[static_cast<size_t>(d.top[0])], 2.0 * allowed);
    };
    keep_worst(worst, best(p, found.top1_ref, in_p));
    keep_worst(worst, best(q, found.top1_cand, in_q));
    if (found.gold != gold) worst = INFINITY;
    return worst;
  }

  int64_t vocab_, hidden_, tokens_;
  Accumulate accumulate_;
  std::vector<std::shared_ptr<const WeightSets>> owners_;
  std::vector<const PackedMatrix*> tiles_;
  std::vector<float> reference_, candidate_;  // (tokens + 1, hidden)
  Batch batch_;
  std::vector<float> logits_, part_;
  std::vector<TokenDivergence> scored_;
  std::map<std::pair<const void*, int64_t>, ExactRow> exact_;
};

BuiltCase build(const CaseSpec& spec, const CaseContext& context) {
  const auto work = std::make_shared<HeadWork>(spec, context);
  BuiltCase built;
  // One set: a head of some size leaves the caches by its own walk.
  built.cache_resident = fits_cache(context.environment, 1, work->amount(1).bytes);
  built.bound = bound_of(spec.count("tokens"));
  const ComputeUnit unit = unit_of(is_native(spec));
  built.contenders.push_back({.name = "logits",
                              .run = [work](int) { work->run_logits(); },
                              .check = [work, seed = context.seed](int) { return work->check_logits(seed); },
                              .amount = work->amount(1),
                              .unit = unit});
  built.contenders.push_back({.name = "divergence",
                              .run = [work](int) { work->run_divergence(); },
                              .check = [work, seed = context.seed](int) { return work->check_divergence(seed); },
                              .amount = work->amount(2),
                              .unit = unit});
  return built;
}

}  // namespace

const Op kHeadOp{"head",
                 "the output head with its softcap; divergence: of two checkpoints' hidden states, logits of both to "
                 "KLD, nothing stored",
                 kAxes, build};

}  // namespace fp8bench
