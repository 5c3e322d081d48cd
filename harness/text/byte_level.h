// GPT-2's alphabet: every byte as one printable character, so that a vocabulary of text can hold any bytes.
#pragma once
#include <string>
#include <string_view>

namespace fp8bench {

void append_byte_level(std::string& text, std::string_view bytes);

// The bytes that `piece` stands for; `piece` itself where a character of it stands for none.
std::string byte_level_bytes(std::string_view piece);

}  // namespace fp8bench
