// JSON as its standard demands it: duplicate keys, NUL bytes, byte order marks, ill-formed UTF-8 and absurd nesting are
// refused. A lenient reader lets two tools read two different configs from the same bytes.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace fp8bench {

// Throws InputError that begins with `where` (the file).
nlohmann::json parse_strict_json(std::string_view text, const std::string& where);

// The checks that the JSON library leaves out: it takes a NUL for the end of the text and skips a byte order mark.
void refuse_nul_and_bom(std::string_view text, const std::string& where, int64_t first_byte_offset);

// "parse error at ...", without the library's own error numbers.
std::string json_error_text(const std::exception& error);

// A short rendering of a value for "found ..." in messages.
std::string shown(const nlohmann::json& value);

}  // namespace fp8bench
