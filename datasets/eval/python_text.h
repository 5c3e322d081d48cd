// str methods of Python on any bytes: prompts and normalisations of lm-eval are written in terms of them.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fp8bench {

std::u32string to_code_points(std::string_view utf8);  // a byte that is no UTF-8 becomes U+FFFD
std::string to_utf8(std::u32string_view text);
int64_t python_len(std::string_view text);  // code points
std::string python_strip(std::string_view text);
std::string python_lower(std::string_view text);       // full mapping (ICU, root locale)
std::string python_capitalize(std::string_view text);  // first character in title case, the others lower
std::vector<std::string> python_split(std::string_view text, std::string_view separator);
std::string python_replace(std::string text, std::string_view from, std::string_view to);
int64_t count_whitespace_pieces(std::string_view text);  // len(re.split(r"\s+", text))
std::string universal_newlines(std::string_view text);   // what open() in text mode makes of \r\n and \r

}  // namespace fp8bench
