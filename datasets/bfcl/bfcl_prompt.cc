#include "datasets/bfcl/bfcl_prompt.h"

#include <fmt/format.h>

#include <string>

#include "datasets/bfcl/bfcl_tools.h"
#include "datasets/eval/python_dump.h"
#include "datasets/eval/python_text.h"

namespace fp8bench::bfcl {
namespace {

using Json = nlohmann::ordered_json;

// The authors' words, to the letter (also where a space is missing or doubled): an answer depends on them.
constexpr const char* kInstructions =
    "You are an expert in composing functions."
    "You are given a question and a set of possible functions. Based on the question, you will need to make one or "
    "more "
    "function/tool calls to achieve the purpose. If none of the functions can be used, point it out. If the given "
    "question lacks the parameters required by the function, also point it out.\n\n"
    "You should only return the function calls in your response.\n\n"
    "If you decide to invoke any of the function(s), you MUST put it in the format of "
    "[func_name1(params_name1=params_value1, params_name2=params_value2...), func_name2(params)].  "
    "You SHOULD NOT include any other text in the response.\n\n"
    "At each turn, you should try your best to complete the tasks requested by the user within the current turn. "
    "Continue to output functions to call until you have fulfilled the user's request to the best of your ability. "
    "Once "
    "you have no more functions to call, the system will consider the current turn complete and proceed to the next "
    "turn or task.\n\n"
    "Here is a list of functions in json format that you can invoke.\n";

// json.dumps(functions, indent=4): what is not ASCII is escaped.
std::string ascii_json(const Json& value) {
  std::string out;
  for (const char32_t c : to_code_points(python_dumps(value, 4))) {
    const auto code = static_cast<uint32_t>(c);
    if (code < 0x80) {
      out += static_cast<char>(code);
    } else if (code < 0x10000) {
      out += fmt::format("\\u{:04x}", code);
    } else {
      out += fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + ((code - 0x10000) >> 10), 0xDC00 + ((code - 0x10000) & 0x3FF));
    }
  }
  return out;
}

}  // namespace

Json with_system(const Json& messages, const std::string& system) {
  Json out = Json::array({{{"role", "system"}, {"content", system}}});
  for (const Json& message : messages) {
    if (out.size() == 1 && message.at("role") == "system") {
      out[0]["content"] = fmt::format("{}\n\n{}", system, message.at("content").get_ref<const std::string&>());
    } else {
      out.push_back(message);
    }
  }
  return out;
}

Json messages_with_functions(const Json& messages, const Json& functions) {
  Json described = functions;
  for (Json& function : described) describe_language(function);
  return with_system(messages, fmt::format("{}{}\n", kInstructions, ascii_json(described)));
}

}  // namespace fp8bench::bfcl
