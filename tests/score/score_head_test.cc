#include "harness/score/score_head.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "harness/io/error.h"
#include "kernels/parallel.h"

namespace fp8bench {
namespace {

constexpr int64_t kHidden = 8, kVocab = 101;

// A linear head with fixed weights, computed row by row, and the count of rows that it was asked for.
struct FakeHead {
  int64_t rows = 0, largest_call = 0;
  ScoredRun run(std::span<const float> hidden) {
    ScoredRun out;
    out.hidden = hidden;
    out.hidden_size = kHidden;
    out.vocab = kVocab;
    out.logits = [this](const float* x, int64_t count, float* y) {
      rows += count;
      largest_call = std::max(largest_call, count);
      for (int64_t r = 0; r < count; ++r) {
        for (int64_t v = 0; v < kVocab; ++v) {
          float sum = 0;
          for (int64_t h = 0; h < kHidden; ++h) sum += x[r * kHidden + h] * std::sin(static_cast<float>(v * 7 + h * 3));
          y[r * kVocab + v] = sum;
        }
      }
    };
    return out;
  }
};

Batch three_sequences() {
  Batch batch;
  batch.add(std::vector<int32_t>{5, 6, 7, 8});
  batch.add(std::vector<int32_t>{9});
  batch.add(std::vector<int32_t>{10, 11, 12});
  return batch;
}

std::vector<float> hidden_states(int64_t tokens, float nudge) {
  std::vector<float> out;
  for (int64_t i = 0; i < tokens * kHidden; ++i) out.push_back(std::cos(static_cast<float>(i) * 0.7f) + nudge);
  return out;
}

bool same_bits(const std::vector<TokenDivergence>& a, const std::vector<TokenDivergence>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].kld != b[i].kld || a[i].js != b[i].js || a[i].reverse_kld != b[i].reverse_kld ||
        a[i].nll_cand != b[i].nll_cand || a[i].position != b[i].position || a[i].sequence != b[i].sequence ||
        a[i].top5_overlap != b[i].top5_overlap) {
      return false;
    }
  }
  return true;
}

TEST_CASE("targets are the next tokens of the same sequence, the last token has none") {
  const Batch batch = three_sequences();
  const auto ref = hidden_states(batch.tokens(), 0), cand = hidden_states(batch.tokens(), 0.01f);
  FakeHead a, b;
  const ScoredRun candidates[] = {b.run(cand)};
  const auto scores = score_heads(a.run(ref), candidates, batch);
  REQUIRE(scores.size() == 1);
  std::vector<std::vector<int32_t>> found;
  for (const auto& t : scores[0]) found.push_back({t.sequence, t.position, t.gold, t.document});
  CHECK(found ==
        std::vector<std::vector<int32_t>>{{0, 0, 6, 0}, {0, 1, 7, 0}, {0, 2, 8, 0}, {2, 0, 11, 2}, {2, 1, 12, 2}});
  const auto later = score_heads(a.run(ref), candidates, batch, {1 << 20, 2});
  REQUIRE(later[0].size() == 1);
  CHECK(later[0][0].gold == 8);
  CHECK(later[0][0].kld == scores[0][2].kld);
}

TEST_CASE("each token's figures are those of its two logit rows") {
  const Batch batch = three_sequences();
  const auto ref = hidden_states(batch.tokens(), 0), cand = hidden_states(batch.tokens(), 0.05f);
  FakeHead a, b;
  const ScoredRun candidates[] = {b.run(cand)};
  const TokenDivergence found = score_heads(a.run(ref), candidates, batch)[0][3];  // row 5
  std::vector<float> p(kVocab), q(kVocab);
  a.run(ref).logits(ref.data() + 5 * kHidden, 1, p.data());
  b.run(cand).logits(cand.data() + 5 * kHidden, 1, q.data());
  const TokenDivergence direct = token_divergence(p, q, 11);
  CHECK(found.kld == direct.kld);
  CHECK(found.kld > 0);
  CHECK(found.nll_ref == direct.nll_ref);
  CHECK(found.p_cand_gold == direct.p_cand_gold);
}

TEST_CASE("threads, scratch budget and the other candidates change no bit, the reference passes the head once") {
  Batch batch;
  for (int s = 0; s < 9; ++s) batch.add(std::vector<int32_t>(static_cast<size_t>(3 + s), s));
  const auto ref = hidden_states(batch.tokens(), 0), one = hidden_states(batch.tokens(), 0.02f),
             two = hidden_states(batch.tokens(), -0.1f);
  const int64_t scored = batch.tokens() - batch.sequences();
  FakeHead a, b, c;
  const ScoredRun both[] = {b.run(one), c.run(two)};
  set_threads(1);
  const auto serial = score_heads(a.run(ref), both, batch);
  CHECK(a.rows == scored);
  set_threads(2);
  const auto threaded = score_heads(a.run(ref), both, batch);
  const int64_t one_row = 3 * kVocab * int64_t{sizeof(float)};
  a.largest_call = 0;
  const auto tight = score_heads(a.run(ref), both, batch, {4 * one_row, 0});
  CHECK(a.largest_call == 4);
  const auto tightest = score_heads(a.run(ref), both, batch, {1, 0});
  const ScoredRun alone_run[] = {c.run(two)};
  const auto alone = score_heads(a.run(ref), alone_run, batch);
  for (size_t i = 0; i < 2; ++i) {
    CHECK(same_bits(serial[i], threaded[i]));
    CHECK(same_bits(serial[i], tight[i]));
    CHECK(same_bits(serial[i], tightest[i]));
  }
  CHECK(same_bits(serial[1], alone[0]));
  CHECK_FALSE(same_bits(serial[0], serial[1]));
}

TEST_CASE("equal hidden states: zero everywhere") {
  const Batch batch = three_sequences();
  const auto ref = hidden_states(batch.tokens(), 0);
  FakeHead a;
  const ScoredRun candidates[] = {a.run(ref)};
  const auto scores = score_heads(a.run(ref), candidates, batch);
  REQUIRE(scores[0].size() == 5);
  for (const auto& t : scores[0]) CHECK((t.kld == 0 && t.js == 0 && t.top1_equal()));
}

TEST_CASE("wrong shapes and a NaN hidden state stop the scoring with their place") {
  const Batch batch = three_sequences();
  const auto ref = hidden_states(batch.tokens(), 0);
  auto broken = ref;
  broken[5 * kHidden] = std::nanf("");
  FakeHead a;
  const ScoredRun short_run[] = {a.run(std::span(ref).first(ref.size() - 1))};
  CHECK_THROWS_WITH(score_heads(a.run(ref), short_run, batch),
                    Catch::Contains("candidate 0: expected hidden states of 8"));
  const ScoredRun nan_run[] = {a.run(ref), a.run(broken)};
  CHECK_THROWS_WITH(score_heads(a.run(ref), nan_run, batch), Catch::Contains("candidate 1, sequence 2, position 0"));
}

TEST_CASE("chosen rows of one run: order as asked, each row through the head once") {
  const auto hidden = hidden_states(6, 0);
  FakeHead a;
  const std::vector<RowTarget> rows = {{4, 10}, {1, 20}, {4, 30}, {4, 10}};
  const auto scores = score_rows(a.run(hidden), rows);
  CHECK(a.rows == 2);
  REQUIRE(scores.size() == 4);
  std::vector<float> logits(kVocab);
  a.run(hidden).logits(hidden.data() + 4 * kHidden, 1, logits.data());
  WordDistribution p;
  set_from_logits(std::span<const float>(logits), p);
  CHECK(scores[0].logprob == p.logp[10]);
  CHECK(scores[2].logprob == p.logp[30]);
  CHECK(scores[3].logprob == scores[0].logprob);
  CHECK(scores[0].argmax == p.top[0]);
  CHECK_THROWS_AS(score_rows(a.run(hidden), std::vector<RowTarget>{{6, 0}}), CheckError);
  CHECK_THROWS_AS(score_rows(a.run(hidden), std::vector<RowTarget>{{0, kVocab}}), CheckError);
}

}  // namespace
}  // namespace fp8bench
