#include "harness/text/added_tokens.h"

#include <unicode/uchar.h>

#include <algorithm>

#include "harness/text/utf8.h"

namespace fp8bench {
namespace {

unsigned char byte_at(std::string_view text, size_t pos) { return static_cast<unsigned char>(text[pos]); }

// \w of Unicode's regular expressions (UTS 18, annex C).
bool is_word(char32_t value) {
  const auto c = static_cast<UChar32>(value);
  const uint32_t kind = U_GET_GC_MASK(c);
  return u_isUAlphabetic(c) || (kind & (U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK)) != 0 ||
         u_hasBinaryProperty(c, UCHAR_JOIN_CONTROL);
}

bool is_space(char32_t value) { return u_isUWhiteSpace(static_cast<UChar32>(value)); }

size_t before(std::string_view text, size_t pos) {  // where the code point that ends at pos > 0 begins
  do --pos;
  while (pos > 0 && (byte_at(text, pos) & 0xC0) == 0x80);
  return pos;
}

bool word_touches(std::string_view text, size_t begin, size_t end) {
  return (begin > 0 && is_word(code_point_at(text, before(text, begin)).value)) ||
         (end < text.size() && is_word(code_point_at(text, end).value));
}

}  // namespace

void AddedTokenMatcher::add(const AddedToken& token) {
  int32_t node = 0;
  for (const char c : token.content) {
    PairTable::Entry& edge = edges_.insert(node, static_cast<unsigned char>(c));
    if (edge.merged < 0) {
      edge.merged = static_cast<int32_t>(token_of_.size());
      token_of_.push_back(-1);
    }
    node = edge.merged;
  }
  token_of_[static_cast<size_t>(node)] = static_cast<int32_t>(tokens_.size());
  tokens_.push_back(token);
  starts_[byte_at(token.content, 0)] = true;
}

const AddedToken* AddedTokenMatcher::longest_at(std::string_view text, size_t pos) const {
  const AddedToken* longest = nullptr;
  for (int32_t node = 0; pos < text.size(); ++pos) {
    const PairTable::Entry* edge = edges_.find(node, byte_at(text, pos));
    if (edge == nullptr) break;
    node = edge->merged;
    const int32_t token = token_of_[static_cast<size_t>(node)];
    if (token >= 0) longest = &tokens_[static_cast<size_t>(token)];
  }
  return longest;
}

std::vector<Segment> AddedTokenMatcher::split(std::string_view text) const {
  std::vector<Segment> segments;
  size_t done = 0;  // segments cover the text up to here
  for (size_t pos = 0; pos < text.size();) {
    const AddedToken* token = starts_[byte_at(text, pos)] ? longest_at(text, pos) : nullptr;
    if (token == nullptr) {
      ++pos;
      continue;
    }
    size_t begin = pos, end = pos + token->content.size();
    pos = end;
    // Spaces that the token before took in may be the beginning of this one.
    if (begin < done || (token->single_word && word_touches(text, begin, end))) continue;
    if (token->lstrip)
      for (size_t at = begin; at > done && is_space(code_point_at(text, at = before(text, at)).value);) begin = at;
    if (token->rstrip)
      for (CodePoint point; end < text.size() && is_space((point = code_point_at(text, end)).value);)
        end += static_cast<size_t>(point.bytes);
    if (begin > done) segments.push_back({-1, done, begin});
    segments.push_back({token->id, begin, end});
    done = end;
  }
  if (done < text.size()) segments.push_back({-1, done, text.size()});
  return segments;
}

}  // namespace fp8bench
