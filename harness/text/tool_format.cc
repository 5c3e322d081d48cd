#include "harness/text/tool_format.h"

#include "harness/io/error.h"
#include "harness/text/tool_call.h"

namespace fp8bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kTools =
    R"([{"type": "function", "function": {"name": "look_up", "description": "Looks up a word.", "parameters":
       {"type": "object", "properties": {"word": {"type": "string", "description": "The word."}}, "required": ["word"]}}}])";
constexpr const char* kQuestion = R"([{"role": "user", "content": "What is a quine?"}])";
constexpr const char* kCalled =
    R"([{"role": "user", "content": "What is a quine?"}, {"role": "assistant", "content": "",
  "tool_calls": [{"type": "function", "id": "call00001", "function": {"name": "look_up", "arguments": {"word": "quine"}}}]}])";

std::string rendered(const ChatTemplate& chat, const char* messages, bool with_tools, bool answer_follows) {
  ChatRequest request;
  request.messages = Json::parse(messages);
  if (with_tools) request.tools = Json::parse(kTools);
  request.add_generation_prompt = answer_follows;
  request.now = 0;  // the same date in both prompts
  return chat.render(request);
}

}  // namespace

ToolFormat tool_format(const ChatTemplate& chat) {
  try {
    if (rendered(chat, kQuestion, true, true) == rendered(chat, kQuestion, false, true)) return ToolFormat::kIgnored;
    const std::vector<ToolCall> calls = parse_tool_calls(rendered(chat, kCalled, true, false)).calls;
    const bool read =
        calls.size() == 1 && calls[0].name == "look_up" && calls[0].arguments.value("word", "") == "quine";
    return read ? ToolFormat::kGemma4 : ToolFormat::kOther;
  } catch (const InputError&) {
    return ToolFormat::kOther;
  }
}

}  // namespace fp8bench
