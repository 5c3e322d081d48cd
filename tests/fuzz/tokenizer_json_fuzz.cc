// Any text as tokenizer.json: refused with InputError, or a tokenizer whose ids are ids, that decodes what it encodes
// without a crash and counts every token it names. Up to the first NUL byte it is the file; the rest is text to encode.
#include <cstdlib>
#include <string>

#include "harness/io/error.h"
#include "harness/text/tokenizer.h"
#include "harness/text/utf8.h"

namespace {

constexpr std::string_view kText = "Hello  world's \u2581 12\n\n<s>e\u0301\xFF\U0001F600 <0x41>";

void check(bool holds) {
  if (!holds) std::abort();
}

void use(const fp8bench::Tokenizer& tokenizer, std::string_view text) {
  const std::vector<int32_t> ids = tokenizer.encode(text, true);
  fp8bench::StreamDecoder stream(tokenizer, false);
  for (const int32_t id : ids) {
    check(id >= 0 && id < tokenizer.vocab_size());
    tokenizer.piece(id);
    stream.push(id);
  }
  stream.finish();
  check(fp8bench::is_valid_utf8(tokenizer.decode(ids, false)));
  tokenizer.decode(ids, true);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  const size_t end = input.find('\0');
  try {
    const auto tokenizer = fp8bench::parse_tokenizer_json(input.substr(0, end), "fuzz");
    use(*tokenizer, kText);
    if (end != std::string::npos) use(*tokenizer, std::string_view(input).substr(end + 1));
  } catch (const fp8bench::InputError&) {
  }
  return 0;
}
