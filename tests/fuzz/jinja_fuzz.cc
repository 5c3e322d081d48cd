// Any text as a chat template: refused with InputError when it is read or when it renders a conversation, or a prompt
// within the limits. And the same text as the answer of a model: read whole and in chunks, to the same calls.
#include <cstdlib>
#include <string>

#include "harness/io/error.h"
#include "harness/text/jinja/template.h"
#include "harness/text/reasoning.h"
#include "harness/text/tool_call.h"

namespace {

using namespace fp8bench;

void check(bool holds) {
  if (!holds) std::abort();
}

void render(const std::string& text) {
  static const nlohmann::ordered_json variables = nlohmann::ordered_json::parse(R"({
    "messages": [{"role": "system", "content": " be good "}, {"role": "user", "content": [{"type": "text", "text": "h\u00e9"}]},
                 {"role": "assistant", "content": null, "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": {"q": "a\"b", "n": 1.5}}}]},
                 {"role": "tool", "content": "42", "tool_call_id": "1"}],
    "tools": [{"function": {"name": "f", "description": "d", "parameters": {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]}}}],
    "bos_token": "<bos>", "add_generation_prompt": true, "n": 3, "s": "Hello World", "l": [3, 1, 2], "d": {"b": 1, "A": [null]}})");
  jinja::Limits limits;
  limits.steps = 200'000;
  limits.bytes = 16 << 20;
  limits.output_bytes = 1 << 20;
  const std::string prompt = jinja::Template(text, "fuzz").render(variables, std::time_t{0}, limits);
  check(static_cast<int64_t>(prompt.size()) <= limits.output_bytes);
}

void read_answer(const std::string& text) {
  const ToolCalls whole = parse_tool_calls(text);
  ToolCallStream stream;
  ReasoningStream reasoning;
  std::string thoughts, content;
  const size_t step = 1 + text.size() / 50;
  for (size_t at = 0; at < text.size(); at += step) {
    stream.feed(text.substr(at, step));
    const auto delta = reasoning.feed(text.substr(at, step));
    thoughts += delta.reasoning;
    content += delta.content;
  }
  stream.finish();
  const auto delta = reasoning.finish();
  check(thoughts.size() + delta.reasoning.size() + content.size() + delta.content.size() <= text.size());
  check(stream.calls().size() <= whole.calls.size() + 1);
  for (const ToolCall& call : whole.calls) check(call.arguments.is_object());
  split_reasoning(text);
  reasoning_ended(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    render(text);
  } catch (const fp8bench::InputError&) {
  }
  read_answer(text);
  return 0;
}
