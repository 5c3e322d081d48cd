#include "harness/score/request_tokens.h"

#include <fmt/core.h>

#include <algorithm>

#include "harness/io/error.h"
#include "harness/text/jinja/python_text.h"
#include "harness/text/utf8.h"

namespace fp8bench {
namespace {

std::string shortened(const std::string& text) {
  constexpr size_t kMost = 60;
  if (text.size() <= kMost) return text;
  return replace_invalid_utf8(text.substr(0, kMost)) + "...";
}

}  // namespace

size_t length_without_trailing_space(std::string_view text) {
  size_t end = 0;
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = code_point_at(text, at);
    at += static_cast<size_t>(point.bytes);
    if (!jinja::is_python_space(point.value)) end = at;
  }
  return end;
}

RequestTokens::RequestTokens(const Tokenizer& tokenizer, const RequestTokenOptions& options)
    : tokenizer_(tokenizer), options_(options) {
  const std::optional<int32_t> prefix = tokenizer.bos() ? tokenizer.bos() : tokenizer.eos();
  if (!prefix)
    throw InputError(fmt::format("{}: expected a BOS or EOS token to stand before a text's first token, found neither",
                                 tokenizer.where()));
  if (options.max_length < 1)
    throw InputError(fmt::format("max length: expected at least 1 token, found {}", options.max_length));
  prefix_ = *prefix;
  prefix_text_ = tokenizer.decode(std::span(&prefix_, 1), false);
}

std::vector<int32_t> RequestTokens::encode(const std::string& text) const {
  const bool has_prefix = text.compare(0, prefix_text_.size(), prefix_text_) == 0;
  return tokenizer_.encode(text, !has_prefix && options_.special.value_or(true));
}

ScoredSequence RequestTokens::pair(const std::string& context, const std::string& continuation) const {
  if (context.empty()) {
    std::vector<int32_t> ids = tokenizer_.encode(continuation, false);
    if (!ids.empty() && ids.front() == prefix_) return cut({prefix_}, {ids.begin() + 1, ids.end()}, continuation);
    return cut({prefix_}, ids, continuation);
  }
  const std::string head = context.substr(0, length_without_trailing_space(context));
  std::vector<int32_t> whole = encode(context + continuation), before = encode(head);
  const size_t split = std::min(before.size(), whole.size());
  const std::vector<int32_t> scored(whole.begin() + static_cast<std::ptrdiff_t>(split), whole.end());
  return cut(std::move(before), scored, continuation);
}

ScoredSequence RequestTokens::cut(std::vector<int32_t> context, const std::vector<int32_t>& continuation,
                                  const std::string& text) const {
  const int64_t scored = static_cast<int64_t>(continuation.size());
  if (context.empty() || scored == 0)
    throw InputError(fmt::format("request '{}': expected tokens of a context and of a continuation, found {} and {}",
                                 shortened(text), context.size(), scored));
  if (scored > options_.max_length)
    throw InputError(fmt::format("request '{}': expected a continuation of at most {} tokens, found {}",
                                 shortened(text), options_.max_length, scored));
  ScoredSequence out{.ids = std::move(context), .scored = scored};
  out.ids.insert(out.ids.end(), continuation.begin(), continuation.end());
  const int64_t excess = static_cast<int64_t>(out.ids.size()) - (options_.max_length + 1);
  if (excess > 0) out.ids.erase(out.ids.begin(), out.ids.begin() + excess);
  return out;
}

std::vector<ScoredSequence> RequestTokens::rolling(const std::string& text) const {
  std::vector<int32_t> ids = {prefix_};
  const std::vector<int32_t> tokens = encode(text);
  ids.insert(ids.end(), tokens.begin(), tokens.end());
  std::vector<ScoredSequence> windows;
  const size_t longest = static_cast<size_t>(options_.max_length);
  // ids[0] is only given; every window scores ids[begin..end) given what it reads before them.
  for (size_t begin = 1; begin < ids.size();) {
    const size_t end = std::min(begin + longest, ids.size());
    // Later windows end where their tokens end and read max_length tokens, so the last one reads some of them twice.
    const size_t first = begin == 1 ? 0 : end - 1 - longest;
    windows.push_back(
        {.ids = {ids.begin() + static_cast<std::ptrdiff_t>(first), ids.begin() + static_cast<std::ptrdiff_t>(end)},
         .scored = static_cast<int64_t>(end - begin)});
    begin = end;
  }
  return windows;
}

std::vector<int32_t> RequestTokens::prompt(const std::string& context, int64_t max_tokens) const {
  const int64_t room = options_.max_length - max_tokens;
  if (room < 1)
    throw InputError(fmt::format("generation: expected fewer tokens than the model's {}, found {}", options_.max_length,
                                 max_tokens));
  std::vector<int32_t> ids = encode(context);
  const int64_t excess = static_cast<int64_t>(ids.size()) - room;
  if (excess > 0) ids.erase(ids.begin(), ids.begin() + excess);
  return ids;
}

}  // namespace fp8bench
