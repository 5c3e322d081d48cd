// Byte pair encoding by merge rank: of all neighbouring pairs the one with the lowest rank becomes one symbol, the
// leftmost first, until no pair has a rank.
//
// A word may be a whole book (Gemma cuts nowhere). Two things keep that fast and the result equal: a word is cut where
// no merge of the list joins the two characters that meet there, and a long word is merged with a heap over linked
// symbols, in O(n log n).
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace fp8bench {

// Hash table of pairs of ids; one probe sequence, no deletion.
class PairTable {
 public:
  struct Entry {
    uint64_t key = kNoKey;
    uint32_t rank = 0;  // kNoRank: the pair itself is no merge
    int32_t merged = -1;
  };
  static constexpr uint32_t kNoRank = UINT32_MAX;

  explicit PairTable(size_t expected = 0);
  const Entry* find(int32_t left, int32_t right) const;
  Entry& insert(int32_t left, int32_t right);  // finds or makes one with kNoRank

 private:
  static constexpr uint64_t kNoKey = UINT64_MAX;
  size_t slot_of(uint64_t key) const;
  void grow();

  std::vector<Entry> slots_;
  size_t used_ = 0;
};

struct BpeMerge {
  int32_t left, right, merged;
};

struct BpeOptions {
  int32_t unknown = -1;  // id, -1 for none: characters without a token vanish
  bool fuse_unknown = false;
  bool byte_fallback = false;
  bool ignore_merges = false;  // a word that is in the vocabulary is one token
};

class Bpe {
 public:
  // `vocabulary`: piece -> id, the views must outlive this. `merges` by rank. `pieces`: of each id.
  Bpe(const std::unordered_map<std::string_view, int32_t>& vocabulary, std::span<const std::string> pieces,
      std::span<const BpeMerge> merges, const BpeOptions& options);

  // Appends the ids of `word`, which is valid UTF-8.
  void encode(std::string_view word, std::vector<int32_t>& ids) const;

 private:
  int32_t character_id(std::string_view word, size_t pos, int bytes) const;
  void merge(std::vector<int32_t>& symbols, std::vector<int32_t>& ids) const;
  void merge_short(std::vector<int32_t>& symbols) const;
  void merge_long(std::vector<int32_t>& symbols) const;

  const std::unordered_map<std::string_view, int32_t>& vocabulary_;
  BpeOptions options_;
  PairTable pairs_;
  std::vector<int32_t> two_byte_ids_;  // of the characters below U+0800, -1 for none
  int32_t bytes_[256];                 // ids of <0xXX>, -1 for none
  bool cut_ = true;
};

}  // namespace fp8bench
