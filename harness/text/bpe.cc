#include "harness/text/bpe.h"

#include <fmt/core.h>

#include <algorithm>
#include <queue>

#include "harness/text/utf8.h"

namespace fp8bench {
namespace {

// Up to here, looking at every pair each time beats the heap.
constexpr size_t kShort = 40;
constexpr char32_t kTwoBytes = 0x800;

std::string_view last_character(std::string_view piece) {
  size_t begin = piece.size() - 1;
  while (begin > 0 && (static_cast<unsigned char>(piece[begin]) & 0xC0) == 0x80) --begin;
  return piece.substr(begin);
}

std::string_view first_character(std::string_view piece) {
  return piece.substr(0, static_cast<size_t>(utf8_length(static_cast<unsigned char>(piece[0]))));
}

}  // namespace

Bpe::Bpe(const std::unordered_map<std::string_view, int32_t>& vocabulary, std::span<const std::string> pieces,
         std::span<const BpeMerge> merges, const BpeOptions& options)
    : vocabulary_(vocabulary), options_(options), pairs_(merges.size()), two_byte_ids_(kTwoBytes, -1) {
  const auto id_of = [&](std::string_view piece) {
    const auto found = vocabulary_.find(piece);
    return found == vocabulary_.end() ? -1 : found->second;
  };
  for (char32_t value = 0; value < kTwoBytes; ++value) {
    std::string text;
    append_utf8(text, value);
    two_byte_ids_[value] = id_of(text);
  }
  std::vector<bool> fallback(pieces.size(), false);  // symbols that no character of the text spells
  for (int byte = 0; byte < 256; ++byte) {
    bytes_[byte] = id_of(fmt::format("<0x{:02X}>", byte));
    if (options_.byte_fallback && bytes_[byte] >= 0) fallback[static_cast<size_t>(bytes_[byte])] = true;
  }
  if (options_.unknown >= 0) fallback[static_cast<size_t>(options_.unknown)] = true;
  for (size_t rank = 0; rank < merges.size(); ++rank) {
    const BpeMerge& merge = merges[rank];
    PairTable::Entry& entry = pairs_.insert(merge.left, merge.right);
    entry.rank = static_cast<uint32_t>(rank);
    entry.merged = merge.merged;
    const std::string& left = pieces[static_cast<size_t>(merge.left)];
    const std::string& right = pieces[static_cast<size_t>(merge.right)];
    // Where this merge joins two characters, a word must not be cut.
    const int32_t before = id_of(last_character(left)), after = id_of(first_character(right));
    if (before >= 0 && after >= 0) pairs_.insert(before, after);
    // A token such as <0xE2> stands for a byte that the text has not as a character: then the rule above says nothing.
    if (fallback[static_cast<size_t>(merge.left)] || fallback[static_cast<size_t>(merge.right)]) cut_ = false;
  }
}

int32_t Bpe::character_id(std::string_view word, size_t pos, int bytes) const {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(word[pos + i]); };
  if (bytes == 1) return two_byte_ids_[byte(0)];
  if (bytes == 2) return two_byte_ids_[static_cast<size_t>((byte(0) & 0x1F) << 6 | (byte(1) & 0x3F))];
  const auto found = vocabulary_.find(word.substr(pos, static_cast<size_t>(bytes)));
  return found == vocabulary_.end() ? -1 : found->second;
}

void Bpe::encode(std::string_view word, std::vector<int32_t>& ids) const {
  if (options_.ignore_merges) {
    const auto found = vocabulary_.find(word);
    if (found != vocabulary_.end()) {
      ids.push_back(found->second);
      return;
    }
  }
  thread_local std::vector<int32_t> symbols;  // since the last cut; its memory serves many words
  symbols.clear();
  int32_t previous = -1;
  const auto add = [&](int32_t id) {
    if (cut_ && !symbols.empty() && pairs_.find(previous, id) == nullptr) merge(symbols, ids);
    symbols.push_back(id);
    previous = id;
  };
  bool unknown = false;  // one is due before the next character that has a token
  for (size_t pos = 0; pos < word.size();) {
    const int length = utf8_length(static_cast<unsigned char>(word[pos]));
    const std::string_view character = word.substr(pos, static_cast<size_t>(length));
    const int32_t id = character_id(word, pos, length);
    pos += static_cast<size_t>(length);
    if (id >= 0) {
      if (unknown) add(options_.unknown);
      unknown = false;
      add(id);
      continue;
    }
    const auto byte_id = [&](char byte) { return bytes_[static_cast<unsigned char>(byte)]; };
    if (options_.byte_fallback &&
        std::all_of(character.begin(), character.end(), [&](char b) { return byte_id(b) >= 0; })) {
      for (const char byte : character) add(byte_id(byte));
      continue;
    }
    if (options_.unknown < 0) continue;
    if (unknown && !options_.fuse_unknown) add(options_.unknown);
    unknown = true;
  }
  if (unknown) add(options_.unknown);
  merge(symbols, ids);
}

void Bpe::merge(std::vector<int32_t>& symbols, std::vector<int32_t>& ids) const {
  if (symbols.size() > kShort) {
    merge_long(symbols);
  } else if (symbols.size() > 1) {
    merge_short(symbols);
  }
  ids.insert(ids.end(), symbols.begin(), symbols.end());
  symbols.clear();
}

void Bpe::merge_short(std::vector<int32_t>& symbols) const {
  constexpr PairTable::Entry kNone{0, PairTable::kNoRank, -1};
  const PairTable::Entry* next[kShort];  // of symbol i and its right neighbour
  size_t count = symbols.size();
  const auto look = [&](size_t i) {
    const PairTable::Entry* found = pairs_.find(symbols[i], symbols[i + 1]);
    next[i] = found == nullptr ? &kNone : found;
  };
  for (size_t i = 0; i + 1 < count; ++i) look(i);
  while (count > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < count; ++i)
      if (next[i]->rank < next[best]->rank) best = i;
    if (next[best]->rank == PairTable::kNoRank) break;
    symbols[best] = next[best]->merged;
    std::copy(&symbols[best] + 2, symbols.data() + count, &symbols[best] + 1);
    if (best + 2 < count) std::copy(next + best + 2, next + count - 1, next + best + 1);
    --count;
    if (best + 1 < count) look(best);
    if (best > 0) look(best - 1);
  }
  symbols.resize(count);
}

void Bpe::merge_long(std::vector<int32_t>& symbols) const {
  struct Node {
    int32_t id;  // -1: taken into its left neighbour
    int32_t previous, next;
  };
  struct Candidate {
    uint32_t rank;
    int32_t at, merged;
    bool operator<(const Candidate& other) const {  // std::priority_queue gives the largest
      return rank != other.rank ? rank > other.rank : at > other.at;
    }
  };
  const auto count = static_cast<int32_t>(symbols.size());
  std::vector<Node> nodes(symbols.size());
  for (int32_t i = 0; i < count; ++i)
    nodes[static_cast<size_t>(i)] = {symbols[static_cast<size_t>(i)], i - 1, i + 1 < count ? i + 1 : -1};
  std::vector<Candidate> start;
  const auto node = [&](int32_t i) -> Node& { return nodes[static_cast<size_t>(i)]; };
  const auto candidate = [&](int32_t at) -> Candidate {
    const PairTable::Entry* entry = pairs_.find(node(at).id, node(node(at).next).id);
    return entry == nullptr ? Candidate{PairTable::kNoRank, at, -1} : Candidate{entry->rank, at, entry->merged};
  };
  for (int32_t i = 0; i + 1 < count; ++i)
    if (const Candidate found = candidate(i); found.rank != PairTable::kNoRank) start.push_back(found);
  std::priority_queue<Candidate> queue(std::less<Candidate>(), std::move(start));
  while (!queue.empty()) {
    const Candidate best = queue.top();
    queue.pop();
    Node& left = node(best.at);
    if (left.id < 0 || left.next < 0 || candidate(best.at).rank != best.rank) continue;  // overtaken
    Node& right = node(left.next);
    left.id = best.merged;
    right.id = -1;
    left.next = right.next;
    if (left.next >= 0) node(left.next).previous = best.at;
    for (const int32_t at : {left.previous, best.at}) {
      if (at < 0 || node(at).next < 0) continue;
      if (const Candidate found = candidate(at); found.rank != PairTable::kNoRank) queue.push(found);
    }
  }
  size_t kept = 0;
  for (int32_t i = 0; i >= 0; i = node(i).next) symbols[kept++] = node(i).id;
  symbols.resize(kept);
}

}  // namespace fp8bench
