// Python's str methods on valid UTF-8; positions and counts are code points.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fp8bench::jinja {

bool is_python_space(char32_t c);
bool is_ascii(std::string_view text);
std::vector<char32_t> code_points(std::string_view text);
std::string from_code_points(const std::vector<char32_t>& points);

enum Side { kLeft = 1, kRight = 2, kBoth = 3 };
// `characters` absent: whitespace.
std::string_view strip(std::string_view text, Side side, const std::optional<std::string>& characters);

// Non-ASCII by the full Unicode mappings, as Python: "ß" becomes "SS".
std::string upper(std::string_view text);
std::string lower(std::string_view text);
std::string capitalize(std::string_view text);
std::string title(std::string_view text);
bool is_upper(std::string_view text);
bool is_lower(std::string_view text);

enum class CharacterClass { kDigit, kAlpha, kAlphanumeric, kSpace };
bool all_of_class(std::string_view text, CharacterClass what);  // false when empty

std::vector<std::string> split_lines(std::string_view text, bool keep_ends);
// `separator` absent: runs of whitespace. `most` < 0: no limit. A present separator must not be empty.
std::vector<std::string> split(std::string_view text, const std::optional<std::string>& separator, int64_t most);
std::vector<std::string> split_right(std::string_view text, const std::optional<std::string>& separator, int64_t most);
std::string replace(std::string_view text, std::string_view from, std::string_view to, int64_t most);
// How long replace() would make it, before it does.
size_t replaced_size(std::string_view text, std::string_view from, std::string_view to, int64_t most);
// std::string_view::find in linear time whatever the text is; std::string_view::rfind, or Fault if that could take
// long.
size_t find_bytes(std::string_view text, std::string_view part, size_t from = 0);
size_t find_last_bytes(std::string_view text, std::string_view part);
// The first or last place, in code points, -1 if there is none.
int64_t find(std::string_view text, std::string_view part, bool last);
int64_t count(std::string_view text, std::string_view part);

std::string html_escape(std::string_view text);  // as markupsafe

std::string float_text(double value);              // repr() of a float
std::string python_quoted(std::string_view text);  // repr() of a str
// What int(text, base) and float(text) take; nullopt where they raise ValueError (or the integer exceeds 64 bits).
std::optional<int64_t> parse_int(std::string_view text, int base);
std::optional<double> parse_float(std::string_view text);

}  // namespace fp8bench::jinja
