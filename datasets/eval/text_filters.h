// What lm-eval makes of a generated answer before it is compared: its regex filter and its exact_match.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fp8bench {

// A pattern of Python's re that PCRE2 reads alike. Throws std::invalid_argument when it does not compile.
class TextRegex {
 public:
  explicit TextRegex(const std::string& pattern);
  ~TextRegex();
  TextRegex(TextRegex&&) noexcept;
  // One entry per match, left to right: the groups, or the whole match where there is none. A group that took no part
  // is empty.
  std::vector<std::vector<std::string>> find_all(std::string_view text) const;
  std::string remove_all(std::string_view text) const;  // re.sub(pattern, "", text)

 private:
  struct Code;
  std::unique_ptr<Code> code_;
};

// lm-eval's filter "regex" with group_select (0: first match, -1: last), then take_first.
std::string extract_match(const TextRegex& regex, bool last, std::string_view text,
                          std::string_view fallback = "[invalid]");

struct ExactMatch {
  std::vector<TextRegex> ignore;  // removed from both sides, in this order
  bool ignore_case = false;
  bool ignore_punctuation = false;  // ASCII punctuation
};
bool exact_match(const ExactMatch& rule, std::string_view prediction, std::string_view reference);

}  // namespace fp8bench
