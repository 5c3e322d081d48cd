// Tokens that are looked for in the text before anything else happens to it: "<bos>", "<|im_start|>", runs of newlines.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/text/bpe.h"

namespace fp8bench {

struct AddedToken {
  int32_t id = -1;
  std::string content;
  bool single_word = false;  // only where no word character touches it
  bool lstrip = false;       // takes the white space before it in
  bool rstrip = false;       // and after it
  bool normalized = false;   // looked for in the normalized text
  bool special = false;      // left out where text is asked for without special tokens
};

// A part of a text: an added token, or text between them (id -1).
struct Segment {
  int32_t id;
  size_t begin, end;
};

class AddedTokenMatcher {
 public:
  void add(const AddedToken& token);  // content not empty
  bool empty() const { return tokens_.empty(); }

  // The whole of `text` (valid UTF-8), no segment empty except by rstrip/lstrip; leftmost first, longest of those.
  std::vector<Segment> split(std::string_view text) const;

 private:
  const AddedToken* longest_at(std::string_view text, size_t pos) const;

  std::vector<AddedToken> tokens_;
  PairTable edges_;                       // (node, byte) -> node
  std::vector<int32_t> token_of_ = {-1};  // of each node of the trie, -1 for none
  bool starts_[256] = {};
};

}  // namespace fp8bench
