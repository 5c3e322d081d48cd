// UTF-8, code point by code point. What is not valid becomes U+FFFD, one for each maximal subpart (Unicode 15, 3.9), as
// Python's errors="replace" and Rust's from_utf8_lossy do.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace fp8bench {

struct CodePoint {
  char32_t value;  // U+FFFD where the bytes are not valid
  int bytes;       // read: of the code point, or of the maximal subpart that is wrong
  bool valid;
};

// At `pos` < text.size().
CodePoint code_point_at(std::string_view text, size_t pos);

// Bytes of the code point that begins with `lead`; the text must be valid.
inline int utf8_length(unsigned char lead) { return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4; }

bool is_valid_utf8(std::string_view text);

std::string replace_invalid_utf8(std::string_view text);

// `value` must be a scalar value: at most U+10FFFF and no surrogate.
void append_utf8(std::string& text, char32_t value);

}  // namespace fp8bench
