#include "bench/commands/eval_chat.h"

#include <fmt/format.h>

#include "bench/commands/language_model.h"
#include "harness/io/error.h"

namespace fp8bench {

using nlohmann::ordered_json;

EvalChat::EvalChat(std::filesystem::path folder, EvalChatSettings settings)
    : folder_(std::move(folder)), settings_(std::move(settings)) {
  if (settings_.multiturn.value_or(false) && !settings_.apply)
    throw InputError("--fewshot-as-multiturn true: expected --apply-chat-template beside it");
  if (settings_.apply || !settings_.template_file.empty()) chat_template();  // say at once that there is none
}

ChatOptions EvalChat::options() {
  ChatOptions out;
  out.render = [this](const ordered_json& messages, const ordered_json& tools) { return render(messages, tools); };
  out.apply = settings_.apply;
  out.multiturn = settings_.multiturn.value_or(true);
  out.system = settings_.system;
  out.tools_in_system_message = [this] { return tools_in_system_message(); };
  return out;
}

const ChatTemplate& EvalChat::chat_template() {
  if (!template_) template_ = find_chat_template(folder_, settings_.template_file, false);
  if (!template_)
    throw InputError(fmt::format("{}: no chat template\nhint: --chat-template FILE names one", folder_.string()));
  return *template_;
}

std::string EvalChat::render(const ordered_json& messages, const ordered_json& tools) {
  const ChatTemplate& chat = chat_template();
  ChatRequest request;
  request.messages = messages;
  request.tools = tools;
  if (!system_refused_) {
    try {
      return chat.render(request);
    } catch (const InputError&) {
      // A template that knows no system message refuses it; lm-eval then leaves it out.
      if (messages.empty() || messages.at(0).value("role", "") != "system") throw;
    }
  }
  request.messages = ordered_json::array();
  for (const ordered_json& message : messages)
    if (message.value("role", "") != "system") request.messages.push_back(message);
  std::string text = chat.render(request);
  if (!system_refused_)
    notes_.push_back(
        fmt::format("{} refuses system messages: they are left out of every prompt, as lm-eval does", chat.origin()));
  system_refused_ = true;
  return text;
}

bool EvalChat::tools_in_system_message() {
  if (!tools_shown_.empty()) return tools_shown_ == "system";
  tools_shown_ = settings_.tool_prompt;
  const ToolFormat format = tool_format(chat_template());
  const char* reason = format == ToolFormat::kIgnored ? "shows no tools"
                       : format == ToolFormat::kOther
                           ? "has another form of tool calls than Gemma 4's, the one that is read"
                           : "";
  if (settings_.tool_prompt == "template" && format != ToolFormat::kGemma4)
    throw InputError(
        fmt::format("--tool-prompt template: {} {}\nhint: --tool-prompt system puts the functions into a "
                    "system message, as BFCL does for models without function calling",
                    chat_template().origin(), reason));
  if (settings_.tool_prompt == "auto") {
    tools_shown_ = format == ToolFormat::kGemma4 ? "template" : "system";
    if (tools_shown_ == "system")
      notes_.push_back(
          fmt::format("{} {}: tasks with tools name the functions in a system message and read calls as "
                      "text, as BFCL does for models without function calling",
                      chat_template().origin(), reason));
  }
  return tools_shown_ == "system";
}

}  // namespace fp8bench
