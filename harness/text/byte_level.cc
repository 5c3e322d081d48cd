#include "harness/text/byte_level.h"

#include <array>
#include <cstdint>

#include "harness/text/utf8.h"

namespace fp8bench {
namespace {

constexpr int kCharacters = 0x144;  // the last is U+0143

struct Alphabet {
  std::array<std::string, 256> characters;   // UTF-8, of each byte
  std::array<int16_t, kCharacters> bytes{};  // of each character, -1 for none

  Alphabet() {
    bytes.fill(-1);
    char32_t next = 0x100;
    for (int byte = 0; byte < 256; ++byte) {
      const bool printable = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
      const char32_t value = printable ? static_cast<char32_t>(byte) : next++;
      append_utf8(characters[static_cast<size_t>(byte)], value);
      bytes[value] = static_cast<int16_t>(byte);
    }
  }
};

const Alphabet& alphabet() {
  static const Alphabet instance;
  return instance;
}

}  // namespace

void append_byte_level(std::string& text, std::string_view bytes) {
  const Alphabet& map = alphabet();
  for (const char byte : bytes) text += map.characters[static_cast<unsigned char>(byte)];
}

std::string byte_level_bytes(std::string_view piece) {
  const Alphabet& map = alphabet();
  std::string bytes;
  for (size_t pos = 0; pos < piece.size();) {
    const CodePoint point = code_point_at(piece, pos);
    if (point.value >= kCharacters || map.bytes[point.value] < 0) return std::string(piece);
    bytes.push_back(static_cast<char>(map.bytes[point.value]));
    pos += static_cast<size_t>(point.bytes);
  }
  return bytes;
}

}  // namespace fp8bench
