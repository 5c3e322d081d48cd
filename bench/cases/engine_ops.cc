// Prefill (pp), decoding (tg) and divergence by the whole engine, as llama-bench and llama-perplexity name them. The
// timed path is the session's; its logits are compared with the lock-step runner's, which cuts the work differently: in
// policies f32 and bf16 every bit must agree, in native the distributions, whose sums have orders of their own.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>

#include "bench/cases/cases.h"
#include "bench/cases/checks.h"
#include "bench/cases/energy.h"
#include "bench/cases/model_pool.h"
#include "harness/engine/elementwise.h"
#include "harness/engine/session.h"
#include "harness/io/error.h"
#include "harness/score/score_head.h"

namespace fp8bench {
namespace {

// How far (KLD, nats) two runs of policy native may be apart that differ in nothing but how the work was cut.
constexpr double kNativeDistance = 0.01;

constexpr Axis kPolicyAxis{"policy", Axis::Kind::kChoice, "f32", "f32|bf16|native", 0, 0, "numeric policy"};
constexpr Axis kKvAxis{"kv", Axis::Kind::kChoice, "f32", "f32|bf16|fp8", 0, 0, "type of the KV cache"};
constexpr Axis kWalkAxis{"mode", Axis::Kind::kChoice, "rotate", "rotate", 0, 0, "a token walks from layer to layer"};
constexpr Axis kDepthAxis{"depth", Axis::Kind::kCount, "0", "", 0, 1 << 18, "tokens in the cache before the first one"};
constexpr Axis kSidesAxis{"contenders", Axis::Kind::kSet, "bf16,f8", "bf16|f8", 0, 0, "who takes part"};

constexpr std::array kAxes = {kTokensAxis, kDepthAxis, kPolicyAxis, kKvAxis, kWalkAxis, kSidesAxis};
constexpr std::array kDivergenceAxes = {
    Axis{"sequences", Axis::Kind::kCount, "2", "", 1, 1 << 16, "seeded sequences"},
    Axis{"length", Axis::Kind::kCount, "128", "", 2, 1 << 18, "tokens of a sequence"},
    kPolicyAxis,
    kKvAxis,
    kWalkAxis,
    Axis{"contenders", Axis::Kind::kSet, "lockstep", "lockstep", 0, 0, "who takes part"},
};

EngineOptions engine_options(const CaseSpec& spec) {
  EngineOptions options;
  options.policy = *parse_policy(spec.choice("policy"));
  options.kv = *parse_kv(spec.choice("kv"));
  return options;
}

ModelPool& models_of(const CaseContext& context) {
  if (context.models == nullptr) throw InputError("op: expected checkpoints, found none\nhint: fp8bench --suite e2e");
  return *context.models;
}

std::vector<int32_t> seeded_ids(const ModelConfig& config, int64_t count, uint64_t seed) {
  std::vector<int32_t> ids;
  if (config.bos >= 0 && count > 0) ids.push_back(static_cast<int32_t>(config.bos));  // some models have none
  while (static_cast<int64_t>(ids.size()) < count)
    ids.push_back(static_cast<int32_t>(mix64(mix64(seed) + ids.size()) % static_cast<uint64_t>(config.vocab)));
  return ids;
}

// One checkpoint that appends `tokens` at `depth`, all at once or one by one, again and again.
class Appending {
 public:
  Appending(const LoadedModel& loaded, const EngineOptions& options, int64_t depth, int64_t tokens, bool one_by_one,
            uint64_t seed)
      : loaded_(loaded),
        options_(options),
        depth_(depth),
        tokens_(tokens),
        one_by_one_(one_by_one),
        ids_(seeded_ids(loaded.model->config(), depth + tokens, seed)),
        session_(loaded.model, options, loaded.head) {
    if (depth > 0) session_.advance(std::span(ids_).first(static_cast<size_t>(depth)));
  }

  void run() {
    if (meter_.available()) meter_.start();
    session_.rewind(depth_);
    logits_.clear();
    const auto fresh = std::span<const int32_t>(ids_).subspan(static_cast<size_t>(depth_));
    if (!one_by_one_) logits_.push_back(session_.advance(fresh));
    if (one_by_one_)
      for (size_t i = 0; i < fresh.size(); ++i) logits_.push_back(session_.advance(fresh.subspan(i, 1)));
    if (!meter_.available()) return;
    joules_ += meter_.stop();
    ++runs_;
  }

  // Every logit of the last run.
  Check check() {
    if (expected_.empty()) compute_expected();
    Check check;
    for (size_t i = 0; i < logits_.size(); ++i) {
      keep_worst(check.worst, options_.policy == Policy::kNative
                                  ? token_divergence(expected_[i], logits_[i], kNoToken).kld / kNativeDistance
                                  : differing(logits_[i], expected_[i]));
      check.outputs += static_cast<int64_t>(logits_[i].size());
    }
    return check;
  }

  double joules_per_token() const {
    return runs_ == 0 ? 0.0 : joules_ / static_cast<double>(runs_) / static_cast<double>(tokens_);
  }

 private:
  void compute_expected() {
    Batch batch;
    batch.add(ids_);
    const RunSpec run{"expected", loaded_.model, options_, -1};
    const std::vector<float> hidden = run_lockstep(std::span(&run, 1), batch).front();
    const int64_t width = loaded_.model->config().hidden;
    for (int64_t i = one_by_one_ ? depth_ : depth_ + tokens_ - 1; i < depth_ + tokens_; ++i) {
      expected_.emplace_back(static_cast<size_t>(loaded_.head->vocab()));
      loaded_.head->logits(hidden.data() + i * width, 1, options_, expected_.back().data());
    }
  }

  const LoadedModel& loaded_;
  EngineOptions options_;
  int64_t depth_, tokens_;
  bool one_by_one_;
  std::vector<int32_t> ids_;
  Session session_;
  std::vector<std::vector<float>> logits_, expected_;  // per appended token, or of the last one
  EnergyMeter meter_;
  double joules_ = 0.0;
  int64_t runs_ = 0;
};

// Multiply-adds of attention over all layers and appended tokens, times two.
double attention_flop(const ModelConfig& config, int64_t depth, int64_t tokens) {
  double flop = 0.0;
  for (const LayerConfig& layer : config.layers)
    for (int64_t position = depth; position < depth + tokens; ++position) {
      const int64_t seen = layer.sliding ? std::min(position + 1, config.window) : position + 1;
      flop += 4.0 * static_cast<double>(seen * config.heads * layer.head_dim);
    }
  return flop;
}

BuiltCase build_appending(const CaseSpec& spec, const CaseContext& context, bool one_by_one) {
  const int64_t tokens = spec.count("tokens"), depth = spec.count("depth");
  const EngineOptions options = engine_options(spec);
  BuiltCase built;
  built.bound = one_by_one ? Bound::kMemory : Bound::kCompute;
  built.facts["tokens"] = tokens;
  double smallest = 1e300;
  std::map<std::string, std::shared_ptr<Appending>> sides;
  for (const bool fp8 : {false, true}) {
    const char* name = fp8 ? "f8" : "bf16";
    if (!spec.has("contenders", name)) continue;
    const LoadedModel& loaded = models_of(context).get(fp8);
    const auto work = std::make_shared<Appending>(loaded, options, depth, tokens, one_by_one, context.seed);
    const double count = static_cast<double>(tokens), heads = one_by_one ? count : 1.0;
    const double bytes =
        one_by_one ? count * (loaded.token_bytes + loaded.head_bytes) : loaded.layer_bytes + loaded.head_bytes;
    built.contenders.push_back({.name = name,
                                .run = [work](int) { work->run(); },
                                .check = [work](int) { return work->check(); },
                                .amount = {.bytes = one_by_one ? bytes : 0.0,
                                           .flop = count * loaded.token_flop + heads * loaded.head_flop +
                                                   attention_flop(loaded.model->config(), depth, tokens)},
                                .unit = unit_of(options.policy == Policy::kNative)});
    smallest = std::min(smallest, loaded.layer_bytes + loaded.head_bytes);
    sides[name] = work;
  }
  built.cache_resident = fits_cache(context.environment, 1, smallest);
  built.measured = [sides] {
    nlohmann::json joules = nlohmann::json::object();
    for (const auto& [name, work] : sides)
      if (work->joules_per_token() > 0.0) joules[name] = work->joules_per_token();
    return nlohmann::json{{"joules_per_token", joules}};
  };
  return built;
}

BuiltCase build_pp(const CaseSpec& spec, const CaseContext& context) { return build_appending(spec, context, false); }
BuiltCase build_tg(const CaseSpec& spec, const CaseContext& context) { return build_appending(spec, context, true); }

// Both checkpoints through every sequence and the divergence of every scored token; nothing is stored.
class Divergence {
 public:
  Divergence(const CaseSpec& spec, const CaseContext& context)
      : bf16_(models_of(context).get(false)), fp8_(models_of(context).get(true)), options_(engine_options(spec)) {
    for (int64_t s = 0; s < spec.count("sequences"); ++s)
      batch_.add(seeded_ids(bf16_.model->config(), spec.count("length"), context.seed + static_cast<uint64_t>(s)));
  }
  int64_t scored() const { return batch_.tokens() - batch_.sequences(); }
  void run() { last_ = compute(options_); }
  // Against the same with another cut of the work.
  Check check() {
    if (expected_.empty()) {
      EngineOptions pieces = options_;
      pieces.prefill_piece = 37;
      expected_ = compute(pieces);
    }
    Check check;
    for (size_t i = 0; i < last_.size(); ++i) {
      const double apart = std::fabs(last_[i].kld - expected_[i].kld);
      const bool equal = last_[i].kld == expected_[i].kld && last_[i].nll_cand == expected_[i].nll_cand;
      keep_worst(check.worst, options_.policy == Policy::kNative ? apart / kNativeDistance
                                                                 : error_share(equal ? 0.0 : 1.0, 0.0, 0.0));
    }
    check.outputs = static_cast<int64_t>(last_.size());
    return check;
  }

 private:
  std::vector<TokenDivergence> compute(const EngineOptions& options) const {
    const std::vector<RunSpec> runs = {{"bf16", bf16_.model, options, -1}, {"fp8", fp8_.model, options, -1}};
    const auto hidden = run_lockstep(runs, batch_);
    const ScoredRun candidate = scored_run(*fp8_.head, options, hidden[1], batch_.tokens());
    return score_heads(scored_run(*bf16_.head, options, hidden[0], batch_.tokens()), std::span(&candidate, 1), batch_)
        .front();
  }

  const LoadedModel &bf16_, &fp8_;
  EngineOptions options_;
  Batch batch_;
  std::vector<TokenDivergence> last_, expected_;
};

BuiltCase build_divergence(const CaseSpec& spec, const CaseContext& context) {
  const auto work = std::make_shared<Divergence>(spec, context);
  const bool native = spec.choice("policy") == "native";
  double flop = 0.0;
  for (const bool fp8 : {false, true}) {
    const LoadedModel& loaded = models_of(context).get(fp8);
    const double tokens = static_cast<double>(work->scored() + spec.count("sequences"));
    flop += tokens * loaded.token_flop + static_cast<double>(work->scored()) * loaded.head_flop;
  }
  BuiltCase built;
  built.bound = Bound::kCompute;
  built.facts["tokens"] = work->scored();
  built.contenders = {{.name = "lockstep",
                       .run = [work](int) { work->run(); },
                       .check = [work](int) { return work->check(); },
                       .amount = {.bytes = 0.0, .flop = flop},
                       .unit = unit_of(native)}};
  return built;
}

}  // namespace

const Op kPpOp{"pp", "prefill: all tokens at once, logits of the last", kAxes, build_pp};
const Op kTgOp{"tg", "decoding: one token after the other, logits of each", kAxes, build_tg};
const Op kDivergenceOp{"divergence", "both checkpoints in lock-step with the streaming head; per scored token",
                       kDivergenceAxes, build_divergence};

}  // namespace fp8bench
