#include "harness/score/task_score.h"

#include <fmt/core.h>

#include <algorithm>

#include "harness/io/error.h"

namespace fp8bench {
namespace {

std::span<const std::vector<int32_t>> answers_of(const TaskItem& item) {
  if (item.kind == ItemKind::kExact) return {&item.target, 1};
  return item.choices;
}

void check_item(const TaskItem& item) {
  const auto answers = answers_of(item);
  const bool choice = item.kind == ItemKind::kChoice;
  bool good = !item.context.empty() && (!choice || answers.size() >= 2);
  for (const auto& answer : answers) good = good && !answer.empty();
  if (choice) good = good && item.gold >= 0 && static_cast<size_t>(item.gold) < answers.size();
  if (!good) {
    throw CheckError(
        fmt::format("item {} of {}: expected a context, answers that are not empty and a gold choice among them",
                    item.id, item.task));
  }
}

}  // namespace

ItemBatch build_item_batch(std::span<const TaskItem> items) {
  ItemBatch out;
  for (size_t i = 0; i < items.size(); ++i) {
    const TaskItem& item = items[i];
    check_item(item);
    const int64_t first_sequence = out.batch.sequences();  // of this item
    for (const std::vector<int32_t>& answer : answers_of(item)) {
      std::vector<int32_t> sequence = item.context;
      sequence.insert(sequence.end(), answer.begin(), answer.end() - 1);
      int64_t s = first_sequence;
      for (; s < out.batch.sequences(); ++s) {
        const auto ids = std::span(out.batch.ids)
                             .subspan(static_cast<size_t>(out.batch.offsets[s]),
                                      static_cast<size_t>(out.batch.offsets[s + 1] - out.batch.offsets[s]));
        if (std::equal(ids.begin(), ids.end(), sequence.begin(), sequence.end())) break;
      }
      if (s == out.batch.sequences()) out.batch.add(sequence);
      out.answers.push_back(
          {static_cast<int64_t>(i), static_cast<int64_t>(out.rows.size()), static_cast<int64_t>(answer.size())});
      const int64_t last_of_context = out.batch.offsets[s] + static_cast<int64_t>(item.context.size()) - 1;
      for (size_t j = 0; j < answer.size(); ++j) {
        out.rows.push_back({last_of_context + static_cast<int64_t>(j), answer[j]});
      }
    }
  }
  return out;
}

std::vector<ItemScore> score_items(std::span<const TaskItem> items, const ItemBatch& batch, const ScoredRun& run,
                                   const ScoreHeadOptions& options) {
  const std::vector<RowScore> rows = score_rows(run, batch.rows, options);
  std::vector<ItemScore> out(items.size());
  std::vector<double> best(items.size());
  std::vector<int32_t> seen(items.size(), 0);  // answers of the item so far
  for (const ItemBatch::Answer& answer : batch.answers) {
    if (answer.item < 0 || static_cast<size_t>(answer.item) >= items.size()) {
      throw CheckError("score_items: the batch was built from other items");
    }
    const TaskItem& item = items[answer.item];
    ItemScore& score = out[answer.item];
    double logprob = 0;
    int32_t leading = 0;
    for (int64_t j = 0; j < answer.count; ++j) {
      const RowScore& row = rows[answer.first + j];
      logprob += row.logprob;
      leading += leading == j && row.argmax == batch.rows[answer.first + j].target;
    }
    const int32_t choice = seen[answer.item]++;
    if (item.kind == ItemKind::kExact) {
      score = {leading == answer.count, logprob, leading};
      continue;
    }
    if (choice == 0 || logprob > best[answer.item]) {
      best[answer.item] = logprob;
      score.picked = choice;
    }
    if (choice == item.gold) score.gold_logprob = logprob;
    score.correct = score.picked == item.gold;
  }
  return out;
}

double accuracy(std::span<const ItemScore> scores) {
  if (scores.empty()) return 0;
  const auto right = std::count_if(scores.begin(), scores.end(), [](const auto& s) { return s.correct; });
  return static_cast<double>(right) / static_cast<double>(scores.size());
}

}  // namespace fp8bench
