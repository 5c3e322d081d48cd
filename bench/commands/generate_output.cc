#include "bench/commands/generate_output.h"

#include <fmt/core.h>

#include <algorithm>

namespace fp8bench {

OutputStream::OutputStream(const Tokenizer& tokenizer, const OutputOptions& options, std::ostream& out)
    : options_(options),
      out_(out),
      decoder_(tokenizer, !options.special && !options.parse),  // the tags of thoughts and calls are special tokens
      stops_(options.stops) {}

bool OutputStream::push(int32_t id) {
  if (stopped()) return true;
  if (std::find(options_.eos.begin(), options_.eos.end(), id) != options_.eos.end()) {
    ended_ = true;
    return true;
  }
  if (const std::optional<std::string> text = decoder_.push(id)) show(stops_.feed(*text), false);
  return stopped();
}

void OutputStream::finish() {
  show(stops_.feed(decoder_.finish()) + stops_.finish(), true);
  out_ << "\n" << std::flush;
}

void OutputStream::show(const std::string& text, bool last) {
  if (!options_.parse) {
    out_ << text << std::flush;
    return;
  }
  ReasoningStream::Delta delta = reasoning_.feed(text);
  if (last) {
    const ReasoningStream::Delta rest = reasoning_.finish();
    delta.reasoning += rest.reasoning;
    delta.content += rest.content;
  }
  if (!delta.reasoning.empty()) part("thinking", delta.reasoning);
  show_answer(delta.content, last);
}

void OutputStream::show_answer(const std::string& text, bool last) {
  std::vector<ToolCallStream::Event> events = tools_.feed(text);
  if (last) {
    const auto rest = tools_.finish();
    events.insert(events.end(), rest.begin(), rest.end());
  }
  for (const ToolCallStream::Event& event : events) {
    switch (event.kind) {
      case ToolCallStream::Event::Kind::kContent:
        if (!event.text.empty()) part("answer", event.text);
        break;
      case ToolCallStream::Event::Kind::kName:
        part_.clear();  // every call is a part of its own
        part("call", fmt::format("{} ", event.text));
        break;
      case ToolCallStream::Event::Kind::kArguments:
        part("call", event.text);
        break;
    }
  }
}

// An answer without thoughts or calls is shown as it is; a heading stands only where there are several parts.
void OutputStream::part(const char* name, const std::string& text) {
  if (part_ != name) {
    const bool plain = part_.empty() && std::string_view(name) == "answer";
    if (!plain) out_ << (part_.empty() && tools_.calls().empty() ? "" : "\n") << "[" << name << "] ";
    part_ = name;
  }
  out_ << text << std::flush;
}

std::string output_text(const Tokenizer& tokenizer, const OutputOptions& options, std::span<const int32_t> written) {
  const auto end = std::find_first_of(written.begin(), written.end(), options.eos.begin(), options.eos.end());
  const std::string text =
      tokenizer.decode(written.first(static_cast<size_t>(end - written.begin())), !options.special && !options.parse);
  StopStream stops(options.stops);
  const std::string certain = stops.feed(text);
  return certain + stops.finish();
}

size_t shared_tokens(std::span<const int32_t> a, std::span<const int32_t> b) {
  return static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

std::string side_by_side(const Tokenizer& tokenizer, const OutputOptions& options, std::span<const int32_t> a,
                         std::span<const int32_t> b, const std::string& name_a, const std::string& name_b) {
  const size_t shared = shared_tokens(a, b);
  OutputOptions whole = options;
  whole.special = true;
  const std::string common = output_text(tokenizer, whole, a.first(shared));
  if (shared == a.size() && shared == b.size())
    return fmt::format("{}\n[the same {} tokens from both]\n", common, shared);
  const auto rest = [&](std::span<const int32_t> ids, const std::string& name) {
    if (shared == ids.size()) return fmt::format("[{}: ends here]\n", name);
    const int32_t token = ids[shared];
    // The text from the differing token on: what the whole has beyond the shared part (a token may change how its
    // neighbour reads, so it is not decoded by itself).
    const std::string text = output_text(tokenizer, whole, ids);
    const size_t same =
        static_cast<size_t>(std::mismatch(text.begin(), text.end(), common.begin(), common.end()).first - text.begin());
    return fmt::format("[{}: token {} is {} '{}'] {}\n", name, shared, token, tokenizer.piece(token),
                       text.substr(std::min(same, common.size())));
  };
  return fmt::format("{}\n{}{}", common, rest(a, name_a), rest(b, name_b));
}

}  // namespace fp8bench
