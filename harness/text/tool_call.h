// The tool calls of a Gemma 4 answer: <|tool_call>call:name{key:value,...}<tool_call|>, strings between <|"|> without
// escapes. Rules and cases: vLLM's gemma4 tool parser.
//
//   value := <|"|> text <|"|> | true | false | null | none | nil | integer | float | { pairs } | [ values ] | bare text
#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fp8bench {

struct ToolCall {
  std::string name;
  nlohmann::ordered_json arguments;  // an object
};
struct ToolCalls {
  std::optional<std::string> content;  // the text before the first call, without space around it; absent if empty
  std::vector<ToolCall> calls;
};

// A whole answer. A call that is not finished is none: then everything is content, as it is.
ToolCalls parse_tool_calls(std::string_view output);

// What stands between the braces of a call. Takes any text and never throws; what is nested deeper than 64 levels stays
// text. `partial`: the text goes on, so that a value which may still change (a number or word at the end, "3.") and
// what follows it is left out.
nlohmann::ordered_json parse_tool_arguments(std::string_view text, bool partial = false);
nlohmann::ordered_json parse_tool_array(std::string_view text, bool partial = false);

// JSON as Python's json.dumps(value, ensure_ascii=False) writes it: with a space after , and :
std::string spaced_json(const nlohmann::ordered_json& value);

// The same in chunks, cut anywhere. The argument texts of one call make up its JSON: each is sent as soon as nothing
// can change it (unless a key is repeated, where the last value counts and could not be taken back).
class ToolCallStream {
 public:
  struct Event {
    enum class Kind { kContent, kName, kArguments };
    Kind kind;
    int index;  // of the call
    std::string text;
  };
  std::vector<Event> feed(std::string_view chunk);
  std::vector<Event> finish();  // what was held back; an unfinished call stays unfinished
  const std::vector<ToolCall>& calls() const { return calls_; }  // that are finished

 private:
  void take(bool last, std::vector<Event>& events);
  bool take_content(bool last, std::vector<Event>& events);
  bool take_name(bool last, std::vector<Event>& events);
  bool take_arguments(bool last, std::vector<Event>& events);
  void send_arguments(const std::string& json, std::vector<Event>& events);

  enum class State { kContent, kName, kArguments };
  State state_ = State::kContent;
  std::string pending_, name_, sent_;
  std::vector<ToolCall> calls_;
};

}  // namespace fp8bench
