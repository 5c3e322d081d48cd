// Regular expressions of tokenizer.json on PCRE2. The files mean Oniguruma's dialect: what PCRE2 reads otherwise is
// translated where the translation is exact, and refused where not.
#pragma once
#include <functional>
#include <string>
#include <string_view>

struct pcre2_real_code_8;

namespace fp8bench {

class Regex {
 public:
  // `where` names file and key for messages. Throws InputError.
  Regex(std::string_view pattern, const std::string& where);
  ~Regex();
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;

  // Calls `found` with begin and end of every match of valid UTF-8, left to right, none overlapping; empty ones too.
  void for_each_match(std::string_view text, const std::function<void(size_t, size_t)>& found) const;

 private:
  std::string where_;
  pcre2_real_code_8* code_;
};

// The PCRE2 pattern with the same meaning. Throws InputError.
std::string translate_regex(std::string_view pattern, const std::string& where);

}  // namespace fp8bench
