// The fast merge against the definition, on random vocabularies and texts.
#include "harness/text/bpe.h"

#include <catch2/catch.hpp>
#include <random>

using namespace fp8bench;
using Ids = std::vector<int32_t>;

namespace {

struct Model {
  std::vector<std::string> pieces;
  std::unordered_map<std::string_view, int32_t> vocabulary;
  std::vector<BpeMerge> merges;
};

// `characters` single ones, then merges of random pairs.
Model random_model(std::mt19937& random, int characters, int merges) {
  Model model;
  for (int i = 0; i < characters; ++i) model.pieces.emplace_back(1, static_cast<char>('a' + i));
  std::vector<std::pair<std::string, std::string>> pairs;
  for (int i = 0; i < merges; ++i) {
    const auto pick = [&] { return model.pieces[random() % model.pieces.size()]; };
    const std::string left = pick(), right = pick();
    if (left.size() + right.size() > 12) continue;
    pairs.emplace_back(left, right);
    const std::string whole = left + right;
    if (std::find(model.pieces.begin(), model.pieces.end(), whole) == model.pieces.end()) model.pieces.push_back(whole);
  }
  for (size_t id = 0; id < model.pieces.size(); ++id) model.vocabulary[model.pieces[id]] = static_cast<int32_t>(id);
  std::shuffle(pairs.begin(), pairs.end(), random);
  for (const auto& [left, right] : pairs)
    model.merges.push_back({model.vocabulary[left], model.vocabulary[right], model.vocabulary[left + right]});
  return model;
}

// Look at every pair, take the lowest rank, leftmost; again.
Ids by_definition(const Model& model, const std::string& word) {
  Ids ids;
  for (const char c : word) ids.push_back(c - 'a');
  for (;;) {
    size_t best = 0, best_rank = model.merges.size();
    for (size_t i = 0; i + 1 < ids.size(); ++i)
      for (size_t rank = model.merges.size(); rank-- > 0;) {  // a pair listed twice has its last rank
        if (model.merges[rank].left != ids[i] || model.merges[rank].right != ids[i + 1]) continue;
        if (rank < best_rank) best = i, best_rank = rank;
        break;
      }
    if (best_rank == model.merges.size()) return ids;
    ids[best] = model.merges[best_rank].merged;
    ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
}

}  // namespace

TEST_CASE("words are merged as the definition says, short and long, cut or not") {
  std::mt19937 random(5);
  size_t long_words = 0;
  for (int round = 0; round < 300; ++round) {
    const int characters = 2 + static_cast<int>(random() % 5);
    const Model model = random_model(random, characters, static_cast<int>(random() % 40));
    const Bpe bpe(model.vocabulary, model.pieces, model.merges, {});
    for (int i = 0; i < 4; ++i) {
      std::string word(1 + random() % (i == 3 ? 200 : 50), ' ');
      for (char& c : word) c = static_cast<char>('a' + static_cast<int>(random() % static_cast<unsigned>(characters)));
      Ids ids;
      bpe.encode(word, ids);
      CAPTURE(round, word);
      REQUIRE(ids == by_definition(model, word));
      long_words += word.size() > 100;
    }
  }
  CHECK(long_words > 50);
}

TEST_CASE("bytes and unknown characters that take part in merges are not cut off") {
  const std::vector<std::string> pieces = {"a", "b", "<0xC3>", "<0xA4>", "?", "a<0xC3>", "?a", "<0xA4>b"};
  std::unordered_map<std::string_view, int32_t> vocabulary;
  for (size_t i = 0; i < pieces.size(); ++i) vocabulary[pieces[i]] = static_cast<int32_t>(i);
  const std::vector<BpeMerge> merges = {{0, 2, 5}, {4, 0, 6}, {3, 1, 7}};
  BpeOptions options;
  options.byte_fallback = true;
  options.unknown = 4;
  const Bpe bpe(vocabulary, pieces, merges, options);
  Ids ids;
  bpe.encode("a\u00e4b", ids);
  CHECK(ids == Ids{5, 7});
  ids.clear();
  bpe.encode("\u20aca", ids);
  CHECK(ids == Ids{6});
}

TEST_CASE("the pair table keeps what was put in while it grows") {
  PairTable table;
  for (int32_t i = 0; i < 10000; ++i) table.insert(i % 97, i).rank = static_cast<uint32_t>(i);
  for (int32_t i = 0; i < 10000; ++i) {
    REQUIRE(table.find(i % 97, i) != nullptr);
    REQUIRE(table.find(i % 97, i)->rank == static_cast<uint32_t>(i));
  }
  CHECK(table.find(98, 5) == nullptr);
}
