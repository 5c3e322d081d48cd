// Attention of one sequence: decode at a depth, or a prefill. The contenders are what the KV cache keeps: values
// rounded to BF16, to FP8, or float32 as computed.
#include "kernels/attention/attention.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

#include "bench/cases/cases.h"
#include "bench/cases/checks.h"
#include "bench/cases/inputs.h"
#include "harness/io/error.h"
#include "kernels/parallel.h"

namespace fp8bench {
namespace {

constexpr std::array kAxes = {
    Axis{"heads", Axis::Kind::kCount, "", "", 1, 1024, "query heads"},
    Axis{"kv_heads", Axis::Kind::kCount, "", "", 1, 1024, "key and value heads"},
    Axis{"head_dim", Axis::Kind::kCount, "", "", 1, 4096, "elements of a head"},
    Axis{"window", Axis::Kind::kCount, "0", "", 0, 1 << 20, "keys that a query sees; 0: all"},
    kTokensAxis,
    Axis{"depth", Axis::Kind::kCount, "0", "", 0, 1 << 20, "tokens in the cache before the first query"},
    kModeAxis,
    Axis{"contenders", Axis::Kind::kSet, "bf16,f8,f32", "bf16|f8|f32", 0, 0, "types of the KV cache"},
};

struct KvType {
  const char* name;
  KvDType dtype;
  double bytes;
};
constexpr std::array kTypes = {KvType{"bf16", KvDType::kBF16, 2.0}, KvType{"f8", KvDType::kF8E4M3, 1.0},
                               KvType{"f32", KvDType::kF32, 4.0}};

struct Set {
  std::vector<float> q;
  std::array<KvCacheLayer, kTypes.size()> caches;
  std::array<std::vector<float>, kTypes.size()> out;
  double largest_k = 0.0, largest_v = 0.0;  // Euclidean norm of a key; magnitude of a value element
};

double largest_norm(const std::vector<float>& x, int64_t width) {
  double largest = 0.0;
  for (size_t begin = 0; begin < x.size(); begin += static_cast<size_t>(width)) {
    double square = 0.0;
    for (int64_t i = 0; i < width; ++i) square += static_cast<double>(x[begin + i]) * x[begin + i];
    largest = std::max(largest, std::sqrt(square));
  }
  return largest;
}

class Attention {
 public:
  Attention(const CaseSpec& spec, const CaseContext& context)
      : heads_(spec.count("heads")),
        kv_heads_(spec.count("kv_heads")),
        dim_(spec.count("head_dim")),
        window_(spec.count("window")),
        tokens_(spec.count("tokens")),
        depth_(spec.count("depth")),
        seed_(context.seed) {
    if (heads_ % kv_heads_ != 0) throw InputError(spec.where + ": kv_heads: expected a divisor of heads");
    // Enough sets for the smallest type to leave the caches, as far as memory goes.
    const double bytes = read_elements();
    const double stored = 7.0 * 2.0 * static_cast<double>((depth_ + tokens_) * kv_heads_ * dim_);  // all types together
    const int affordable = std::max(2, static_cast<int>(kMostStored / stored));
    const int sets = std::min({16, affordable, sets_to_rotate(context.environment, mode_of(spec), bytes)});
    cache_resident_ = fits_cache(context.environment, sets, bytes);
    sets_.resize(static_cast<size_t>(sets));
    parallel_for(static_cast<int64_t>(sets_.size()), 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) fill(sets_[static_cast<size_t>(i)], seed_ + static_cast<uint64_t>(i));
    });
  }

  int sets() const { return static_cast<int>(sets_.size()); }
  bool cache_resident() const { return cache_resident_; }

  AttentionArgs args(int set, size_t type) {
    Set& s = sets_[static_cast<size_t>(set)];
    return {.q = s.q.data(),
            .tokens = tokens_,
            .first = depth_,
            .heads = heads_,
            .cache = &s.caches[type],
            .window = window_,
            .scale = 1.0f,
            .out = s.out[type].data()};
  }

  // Whole queries, all their heads. A score's error moves its probability by that share; then a chain over the keys.
  Check check(int set, size_t type) {
    const AttentionArgs whole = args(set, type);
    const Set& s = sets_[static_cast<size_t>(set)];
    const int64_t width = heads_ * dim_;
    return check_rows(tokens_, width, tokens_ <= kFewTokens, seed_, [&](int64_t row) {
      std::vector<float> exact(static_cast<size_t>(width));
      const std::vector<float> q(whole.q + row * width, whole.q + (row + 1) * width);
      AttentionArgs one = whole;
      one.q = q.data();
      one.tokens = 1;
      one.first = depth_ + row;
      one.out = exact.data();
      attention_ref(one);
      const double score_error =
          (static_cast<double>(dim_) + 1.0) * 0x1p-24 * largest_norm(q, dim_) * s.largest_k * kRounded;
      const double keys = static_cast<double>(visible(row));
      const double tolerance = s.largest_v * (2.0 * std::expm1(2.0 * score_error) + (2.0 * keys + 8.0) * 0x1p-24);
      double worst = 0.0;
      for (int64_t i = 0; i < width; ++i)
        keep_worst(worst, error_share(whole.out[row * width + i], exact[static_cast<size_t>(i)], tolerance));
      return worst;
    });
  }

  Amount amount(double kv_bytes) const {
    double pairs = 0.0;
    for (int64_t row = 0; row < tokens_; ++row) pairs += static_cast<double>(visible(row));
    return {.bytes = kv_bytes * read_elements() + 8.0 * static_cast<double>(tokens_ * heads_ * dim_),
            .flop = 4.0 * pairs * static_cast<double>(heads_ * dim_)};
  }

 private:
  static constexpr double kMostStored = 1.2e9;      // bytes of all sets
  static constexpr double kRounded = 1.0 + 0x1p-3;  // a key may have grown when it was rounded to the cache's type

  int64_t visible(int64_t row) const {
    const int64_t all = depth_ + row + 1;
    return window_ == 0 ? all : std::min(all, window_);
  }
  // Keys and values that any of the queries sees.
  double read_elements() const {
    const int64_t all = depth_ + tokens_, seen = window_ == 0 ? all : std::min(all, window_ + tokens_ - 1);
    return 2.0 * static_cast<double>(seen * kv_heads_ * dim_);
  }

  void fill(Set& s, uint64_t seed) const {
    // Normed queries and keys: scores spread over some nats, as in the model.
    const float q_size = static_cast<float>(0.5 / std::sqrt(std::sqrt(static_cast<double>(dim_))));
    // What no query sees is there, but costs no random numbers.
    const int64_t unseen = window_ == 0 ? 0 : std::max<int64_t>(0, depth_ + 1 - window_);
    const int64_t positions = depth_ + tokens_ - unseen;
    const std::vector<float> zeros(static_cast<size_t>(unseen * kv_heads_ * dim_));
    s.q = make_inputs("normal", tokens_ * heads_, dim_, seed);
    for (float& value : s.q) value *= q_size;
    std::vector<float> k = make_inputs("normal", positions * kv_heads_, dim_, seed + 1000);
    for (float& value : k) value *= 0.5f;
    const std::vector<float> v = make_inputs("normal", positions * kv_heads_, dim_, seed + 2000);
    s.largest_k = largest_norm(k, dim_);
    for (const float value : v) s.largest_v = std::max(s.largest_v, kRounded * std::fabs(static_cast<double>(value)));
    for (size_t type = 0; type < kTypes.size(); ++type) {
      KvCacheLayer& cache = s.caches[type];
      cache.dtype = kTypes[type].dtype;
      cache.kv_heads = kv_heads_;
      cache.head_dim = dim_;
      cache.keys.resize(static_cast<size_t>(kv_heads_));
      cache.values.resize(static_cast<size_t>(kv_heads_));
      if (unseen > 0) kv_append(cache, zeros.data(), zeros.data(), unseen);
      kv_append(cache, k.data(), v.data(), positions);
      s.out[type].resize(static_cast<size_t>(tokens_ * heads_ * dim_));
    }
  }

  int64_t heads_, kv_heads_, dim_, window_, tokens_, depth_;
  uint64_t seed_;
  bool cache_resident_ = false;
  std::vector<Set> sets_;
};

BuiltCase build(const CaseSpec& spec, const CaseContext& context) {
  const auto work = std::make_shared<Attention>(spec, context);
  const int sets = work->sets();
  BuiltCase built;
  built.sets = sets;
  built.cache_resident = work->cache_resident();
  built.bound = bound_of(spec.count("tokens"));
  for (size_t type = 0; type < kTypes.size(); ++type)
    built.contenders.push_back({.name = kTypes[type].name,
                                .run =
                                    [work, type, sets](int i) {
                                      const AttentionArgs args = work->args(i % sets, type);
                                      attention_batch(&args, 1);
                                    },
                                .check = [work, type](int set) { return work->check(set, type); },
                                .amount = work->amount(kTypes[type].bytes),
                                .unit = ComputeUnit::kFma});
  return built;
}

}  // namespace

const Op kAttentionOp{"attention", "causal grouped-query attention; the contenders are the types of the KV cache",
                      kAxes, build};

}  // namespace fp8bench
