// Regular expressions with the meaning that Python's re gives them (str patterns, 3.11), run by PCRE2. Instructions of
// IFEval carry keywords that are patterns, so the dialect is translated and not only a few patterns by hand:
//   \w is [\p{L}\p{N}_] (no combining marks), \s is str.isspace, \Z the very end, {,n} a repetition, [[:x:]] no class,
//   and IGNORECASE compares simple lower case and re's own list of equal letters (long s, Kelvin sign, dotless i).
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace fp8bench::python {

// A search went on for too long: a pattern that backtracks without end. re would not come back.
class RegexLimit : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Regex {
 public:
  static constexpr unsigned kIgnoreCase = 1, kMultiLine = 2;
  static constexpr unsigned kNative = 4;  // the pattern is PCRE2's dialect already (UTF and UCP)
  static constexpr size_t kGroups = 4;    // that a match carries

  struct Match {
    size_t begin = 0, end = 0;                    // bytes
    std::array<std::string_view, kGroups> group;  // [0] the whole; those that took no part are empty
  };

  // Throws DatasetError if the pattern is none that re would take.
  explicit Regex(std::string_view pattern, unsigned flags = 0);
  ~Regex();
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) = delete;

  // text is valid UTF-8. All throw RegexLimit.
  bool search(std::string_view text) const;
  bool match_at(std::string_view text, size_t at, Match& found) const;                    // at that place, as re.match
  void each(std::string_view text, const std::function<void(const Match&)>& take) const;  // re.finditer
  int64_t count(std::string_view text) const;                                             // len(re.findall)
  std::vector<std::string_view> split(std::string_view text) const;  // re.split of a pattern without groups
  // Every match replaced by what `by` writes after the text before it.
  std::string replace(std::string_view text, const std::function<void(const Match&, std::string&)>& by) const;
  uint32_t groups() const { return groups_; }

 private:
  struct Compiled;
  bool find(std::string_view text, size_t from, uint32_t options, Match& found) const;
  std::unique_ptr<Compiled> compiled_;
  uint32_t groups_ = 0;
};

// The translation alone; for tests. Throws DatasetError.
std::string translate(std::string_view pattern, bool ignore_case);

}  // namespace fp8bench::python
