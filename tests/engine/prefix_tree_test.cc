// Shared beginnings are computed once and change no bit.
#include "harness/engine/prefix_tree.h"

#include "harness/engine/chunks.h"
#include "tests/engine/models.h"

namespace fp8bench::test {
namespace {

using Sequences = std::vector<std::vector<int32_t>>;

std::vector<std::span<const int32_t>> spans(const Sequences& sequences) { return {sequences.begin(), sequences.end()}; }

std::vector<int32_t> joined(std::vector<int32_t> a, const std::vector<int32_t>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

void check_rows(const Sequences& sequences, const PrefixTree& tree) {
  const std::vector<int64_t> starts = tree.batch().starts();
  for (size_t s = 0; s < sequences.size(); ++s)
    for (size_t i = 0; i < sequences[s].size(); ++i) {
      const int64_t row = tree.row(s, static_cast<int64_t>(i));
      CHECK(tree.batch().ids[static_cast<size_t>(row)] == sequences[s][i]);
    }
}

}  // namespace

TEST_CASE("a prefix tree holds every shared token once") {
  const Sequences sequences = {{1, 2, 3, 4}, {1, 2, 3, 5, 6}, {1, 2, 3}, {7}, {1, 2, 3, 4}, {1, 9}};
  const PrefixTree tree(spans(sequences));
  CHECK(tree.batch().ids == std::vector<int32_t>{1, 2, 3, 4, 5, 6, 9, 7});
  CHECK(tree.batch().parents == std::vector<int64_t>{-1, 0, 1, 1, 0, -1});
  CHECK(tree.batch().starts() == std::vector<int64_t>{0, 1, 3, 3, 1, 0});
  check_rows(sequences, tree);
  CHECK_THROWS_AS(PrefixTree(spans({{1}, {}})), std::invalid_argument);
  CHECK(PrefixTree({}).batch().tokens() == 0);
}

TEST_CASE("a chain of nested sequences is one path") {
  Sequences sequences;
  for (int32_t n = 1; n <= 300; ++n) sequences.emplace_back(static_cast<size_t>(n), 3);
  const PrefixTree tree(spans(sequences));
  CHECK(tree.batch().tokens() == 300);
  check_rows(sequences, tree);
}

TEST_CASE("prefix_order counts what neighbours share") {
  const Sequences sequences = {{5, 6}, {1, 2, 3}, {5, 6, 7}, {1, 2}};
  const PrefixOrder order = prefix_order(spans(sequences));
  CHECK(order.order == std::vector<size_t>{3, 1, 0, 2});
  CHECK(order.shared == std::vector<int64_t>{0, 2, 0, 2});
}

TEST_CASE("a sequence has the same bits in a tree as alone") {
  for (const NamedModel& named : tiny_models()) {
    for (const EngineOptions& options : option_variants()) {
      INFO(named.name << ", policy " << policy_name(options.policy) << ", kv " << kv_name(options.kv)
                      << ", perturb seed " << options.perturb_seed);
      const int64_t vocab = named.model->config().vocab;
      const std::vector<int32_t> shots = some_ids(37, vocab, 1), other = some_ids(5, vocab, 2);
      Sequences sequences;
      for (uint32_t question = 0; question < 3; ++question) {
        const std::vector<int32_t> asked = joined(shots, some_ids(11, vocab, 10 + question));
        for (uint32_t choice = 0; choice < 3; ++choice)
          sequences.push_back(joined(asked, some_ids(1 + choice * 4, vocab, 20 + choice)));
      }
      sequences.push_back(other);
      const PrefixTree tree(spans(sequences));
      int64_t all = 0;
      for (const auto& sequence : sequences) all += static_cast<int64_t>(sequence.size());
      CHECK(tree.batch().tokens() < all / 3);
      const std::vector<float> hidden = final_hidden(named.model, options, tree.batch());
      const size_t width = static_cast<size_t>(named.model->config().hidden);
      for (size_t s = 0; s < sequences.size(); ++s) {
        std::vector<float> rows;
        for (size_t i = 0; i < sequences[s].size(); ++i) {
          const auto row = hidden.begin() + tree.row(s, static_cast<int64_t>(i)) * static_cast<int64_t>(width);
          rows.insert(rows.end(), row, row + static_cast<int64_t>(width));
        }
        CHECK(same_bits(rows, final_hidden(named.model, options, sequences[s])));
      }
    }
  }
}

TEST_CASE("a tree larger than a chunk, and one in pieces, have the same bits") {
  const std::shared_ptr<const Model> model = tiny_models()[1].model;
  const int64_t longest = tokens_per_chunk(model->config());
  const std::vector<int32_t> context = some_ids(longest + 40, 512, 1);
  Sequences sequences;
  for (uint32_t s = 0; s < 4; ++s) sequences.push_back(joined(context, some_ids(30 + s, 512, 2 + s)));
  const PrefixTree tree(spans(sequences));
  const std::vector<float> whole = final_hidden(model, {}, tree.batch());
  EngineOptions pieces;
  pieces.prefill_piece = 50;
  CHECK(same_bits(final_hidden(model, pieces, tree.batch()), whole));
  const std::vector<float> alone = final_hidden(model, {}, sequences[3]);
  const int64_t width = model->config().hidden;
  const auto last = whole.begin() + tree.row(3, static_cast<int64_t>(sequences[3].size()) - 1) * width;
  CHECK(same_bits({last, last + width}, {alone.end() - width, alone.end()}));
}

TEST_CASE("a batch refuses a parent that is not there") {
  Batch batch;
  const std::vector<int32_t> ids = {1, 2};
  CHECK_THROWS_AS(batch.add(ids, 0), std::invalid_argument);
  batch.add({}, -1);
  CHECK_THROWS_AS(batch.add(ids, 0), std::invalid_argument);  // nothing to continue
}

}  // namespace fp8bench::test
