// For text that arrives in chunks cut anywhere: how much of its end may still become a tag, or a whole code point.
#pragma once
#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace fp8bench {

// Bytes at the end of `text` that are the beginning, but not all, of one of the tags.
inline size_t unfinished_tag(std::string_view text, std::initializer_list<std::string_view> tags) {
  size_t longest = 0;
  for (const std::string_view tag : tags)
    for (size_t n = std::min(text.size(), tag.size() - 1); n > longest; --n)
      if (text.ends_with(tag.substr(0, n))) longest = n;
  return longest;
}

// Bytes at the end of `text` that begin a UTF-8 sequence and do not finish it.
inline size_t unfinished_code_point(std::string_view text) {
  for (size_t n = 1; n <= 3 && n <= text.size(); ++n) {
    const auto byte = static_cast<unsigned char>(text[text.size() - n]);
    if ((byte & 0xC0) == 0x80) continue;
    const size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return length > n ? n : 0;
  }
  return 0;
}

}  // namespace fp8bench
