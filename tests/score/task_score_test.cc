#include "harness/score/task_score.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "harness/io/error.h"

namespace fp8bench {
namespace {

constexpr int64_t kVocab = 20;

TaskItem exact(std::vector<int32_t> context, std::vector<int32_t> target) {
  TaskItem item;
  item.id = std::string("e");  // not a literal: GCC 12 warns of its own string (bug 105651)
  item.task = std::string("t");
  item.context = std::move(context);
  item.target = std::move(target);
  return item;
}

TaskItem choice(std::vector<int32_t> context, std::vector<std::vector<int32_t>> choices, int32_t gold) {
  TaskItem item = exact(std::move(context), {});
  item.kind = ItemKind::kChoice;
  item.choices = std::move(choices);
  item.gold = gold;
  return item;
}

// A model whose hidden state is its input token: it expects token + 1 next (logit 4), then token + 2 (logit 3), all
// others 0.
struct Successor {
  std::vector<float> hidden;
  explicit Successor(const Batch& batch) : hidden(batch.ids.begin(), batch.ids.end()) {}
  ScoredRun run() const {
    ScoredRun out;
    out.hidden = hidden;
    out.hidden_size = 1;
    out.vocab = kVocab;
    out.logits = [](const float* x, int64_t rows, float* y) {
      std::fill_n(y, rows * kVocab, 0.0f);
      for (int64_t r = 0; r < rows; ++r) {
        y[r * kVocab + (static_cast<int64_t>(x[r]) + 1) % kVocab] = 4;
        y[r * kVocab + (static_cast<int64_t>(x[r]) + 2) % kVocab] = 3;
      }
    };
    return out;
  }
};

std::vector<ItemScore> score(const std::vector<TaskItem>& items) {
  const ItemBatch batch = build_item_batch(items);
  return score_items(items, batch, Successor(batch.batch).run());
}

const double kLogSum = std::log(std::exp(4.0) + std::exp(3.0) + 18);

TEST_CASE("sequences end before the last target token, single-token choices share one") {
  const std::vector<TaskItem> items = {exact({1, 2}, {3, 4, 5}), choice({7}, {{8}, {9}, {10, 11}, {10, 12}}, 0)};
  const ItemBatch batch = build_item_batch(items);
  CHECK(batch.batch.ids == std::vector<int32_t>{1, 2, 3, 4, 7, 7, 10});
  CHECK(batch.batch.offsets == std::vector<int64_t>{0, 4, 5, 7});
  REQUIRE(batch.answers.size() == 5);
  std::vector<std::pair<int64_t, int32_t>> rows;
  for (const auto& r : batch.rows) rows.emplace_back(r.row, r.target);
  CHECK(rows == std::vector<std::pair<int64_t, int32_t>>{
                    {1, 3}, {2, 4}, {3, 5}, {4, 8}, {4, 9}, {5, 10}, {6, 11}, {5, 10}, {6, 12}});
}

TEST_CASE("an exact item is right iff every target token is the argmax, its log-probability is the sum") {
  const auto scores = score({exact({1}, {2, 3, 4}), exact({1}, {2, 4, 5}), exact({1}, {3})});
  CHECK(scores[0].correct);
  CHECK(scores[0].picked == 3);
  CHECK(scores[0].gold_logprob == Approx(3 * (4 - kLogSum)));
  CHECK_FALSE(scores[1].correct);
  CHECK(scores[1].picked == 1);
  CHECK(scores[1].gold_logprob == Approx(2 * (4 - kLogSum) + 3 - kLogSum));
  CHECK_FALSE(scores[2].correct);
  CHECK(accuracy(scores) == Approx(1.0 / 3));
  CHECK(accuracy({}) == 0);
}

TEST_CASE("a choice item takes the largest summed log-probability, ties to the first") {
  const auto scores = score({choice({1}, {{3}, {2}}, 1), choice({1}, {{9}, {12}}, 1), choice({1}, {{2, 3}, {3}}, 0)});
  CHECK(scores[0].correct);
  CHECK(scores[0].picked == 1);
  CHECK(scores[0].gold_logprob == Approx(4 - kLogSum));
  CHECK(scores[1].picked == 0);  // equal: the first
  CHECK_FALSE(scores[1].correct);
  CHECK(scores[1].gold_logprob == Approx(-kLogSum));
  CHECK(scores[2].gold_logprob == Approx(8 - 2 * kLogSum));
}

TEST_CASE("an item without context, answer or gold is refused by name") {
  CHECK_THROWS_WITH(score({exact({}, {1})}), Catch::Contains("item e of t"));
  CHECK_THROWS_AS(score({exact({1}, {})}), CheckError);
  CHECK_THROWS_AS(score({choice({1}, {{1}}, 0)}), CheckError);
  CHECK_THROWS_AS(score({choice({1}, {{1}, {}}, 0)}), CheckError);
  CHECK_THROWS_AS(score({choice({1}, {{1}, {2}}, 2)}), CheckError);
}

}  // namespace
}  // namespace fp8bench
