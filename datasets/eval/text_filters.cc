#include "datasets/eval/text_filters.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/core.h>
#include <pcre2.h>

#include <stdexcept>

#include "datasets/eval/python_text.h"

namespace fp8bench {

struct TextRegex::Code {
  pcre2_code* code = nullptr;
  pcre2_match_data* match = nullptr;
  ~Code() {
    pcre2_match_data_free(match);
    pcre2_code_free(code);
  }
  // The groups of the next match at or after `at`; false at the end.
  bool next(std::string_view text, size_t at, bool not_empty) const {
    const int found = pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), at,
                                  not_empty ? PCRE2_NOTEMPTY_ATSTART | PCRE2_ANCHORED : 0, match, nullptr);
    if (found < 0 && found != PCRE2_ERROR_NOMATCH) throw std::runtime_error(fmt::format("PCRE2 error {}", found));
    return found >= 0;
  }
};

TextRegex::TextRegex(const std::string& pattern) : code_(std::make_unique<Code>()) {
  int error = 0;
  PCRE2_SIZE offset = 0;
  code_->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                              PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF, &error, &offset, nullptr);
  if (code_->code == nullptr)
    throw std::invalid_argument(fmt::format("pattern '{}': PCRE2 error {} at byte {}", pattern, error, offset));
  code_->match = pcre2_match_data_create_from_pattern(code_->code, nullptr);
}

TextRegex::~TextRegex() = default;
TextRegex::TextRegex(TextRegex&&) noexcept = default;

namespace {

// Calls visit(begin, end, vector) for every match. After an empty match the next one at the same place must not be
// empty, as in Python since 3.7.
template <typename Code, typename Visit>
void for_each_match(const Code& code, std::string_view text, const Visit& visit) {
  size_t at = 0;
  bool empty_before = false;
  while (at <= text.size()) {
    if (!code.next(text, at, empty_before)) {
      if (!empty_before) return;
      empty_before = false;  // step over one character
      for (++at; at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0u) == 0x80; ++at) {
      }
      continue;
    }
    const PCRE2_SIZE* vector = pcre2_get_ovector_pointer(code.match);
    visit(vector[0], vector[1], vector);
    at = vector[1];
    empty_before = vector[0] == vector[1];
  }
}

}  // namespace

std::vector<std::vector<std::string>> TextRegex::find_all(std::string_view text) const {
  uint32_t groups = 0;
  pcre2_pattern_info(code_->code, PCRE2_INFO_CAPTURECOUNT, &groups);
  std::vector<std::vector<std::string>> all;
  for_each_match(*code_, text, [&](size_t, size_t, const PCRE2_SIZE* vector) {
    std::vector<std::string>& match = all.emplace_back();
    for (uint32_t group = groups == 0 ? 0 : 1; group <= groups; ++group) {
      const bool took_part = vector[2 * group] != PCRE2_UNSET;
      match.emplace_back(took_part ? text.substr(vector[2 * group], vector[2 * group + 1] - vector[2 * group])
                                   : std::string_view());
    }
  });
  return all;
}

std::string TextRegex::remove_all(std::string_view text) const {
  std::string out;
  size_t kept = 0;
  for_each_match(*code_, text, [&](size_t begin, size_t end, const PCRE2_SIZE*) {
    out += text.substr(kept, begin - kept);
    kept = end;
  });
  return out.append(text.substr(kept));
}

std::string extract_match(const TextRegex& regex, bool last, std::string_view text, std::string_view fallback) {
  const auto matches = regex.find_all(text);
  if (matches.empty()) return std::string(fallback);
  const std::vector<std::string>& groups = last ? matches.back() : matches.front();
  if (groups.size() == 1) return python_strip(groups.front());
  for (const std::string& group : groups)
    if (!group.empty()) return python_strip(group);
  return std::string(fallback);
}

bool exact_match(const ExactMatch& rule, std::string_view prediction, std::string_view reference) {
  const auto normal = [&](std::string_view text) {
    std::string out(text);
    for (const TextRegex& regex : rule.ignore) out = regex.remove_all(out);
    if (rule.ignore_case)  // numpy's lower cuts a text that grows to its old length
      out = to_utf8(to_code_points(python_lower(out)).substr(0, static_cast<size_t>(python_len(out))));
    if (rule.ignore_punctuation)
      std::erase_if(out, [](char c) {
        return std::string_view("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~").find(c) != std::string_view::npos;
      });
    while (!out.empty() && out.back() == '\0') out.pop_back();  // numpy's strings end before trailing NULs
    return out;
  };
  return normal(prediction) == normal(reference);
}

}  // namespace fp8bench
