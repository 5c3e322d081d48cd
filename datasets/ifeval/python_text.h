// Python's str on UTF-8: what strip, lower, isupper, split and replace mean to the checkers (Python 3.11, Unicode 14).
// Every function takes valid UTF-8 (valid_utf8 makes it so) and never throws.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fp8bench::python {

// Each maximal part that is not UTF-8 becomes U+FFFD, as bytes.decode("utf-8", "replace") does.
std::string valid_utf8(std::string_view bytes);

bool is_space(char32_t c);  // str.isspace: bidirectional type WS, B or S, or category Zs
bool is_upper(char32_t c);  // the derived property Uppercase: a Roman numeral is upper case too
bool is_lower(char32_t c);

std::string_view strip(std::string_view text);
std::string_view strip_right(std::string_view text);
std::string_view strip(std::string_view text, char what);
std::string_view strip_left(std::string_view text, char what);
std::string_view strip_right(std::string_view text, char what);
std::string lower(std::string_view text);  // full mapping, final sigma included
bool is_upper(std::string_view text);      // at least one cased character and none of another case
bool is_lower(std::string_view text);
std::vector<std::string_view> split_space(std::string_view text);                      // str.split()
std::vector<std::string_view> split(std::string_view text, std::string_view between);  // str.split(between)
std::string without(std::string_view text, char what);                                 // str.replace(what, "")
int64_t length(std::string_view text);                                                 // in code points
// Takes the character at `at` and moves on; at must be inside the text.
char32_t next_character(std::string_view text, size_t& at);

}  // namespace fp8bench::python
