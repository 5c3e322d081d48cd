// How the prompts of `fp8bench eval` become chats: the checkpoint's template, read when the first prompt needs it.
#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "datasets/evaluation.h"
#include "harness/text/chat_template.h"
#include "harness/text/tool_format.h"

namespace fp8bench {

struct EvalChatSettings {
  std::string template_file;  // empty: the checkpoint's own
  bool apply = false;
  std::optional<bool> multiturn;  // absent: true
  std::string system;
  std::string tool_prompt = "auto";  // where tasks with tools show them: auto, template, system
};

class EvalChat {
 public:
  EvalChat(std::filesystem::path folder, EvalChatSettings settings);

  // Refers to this object. Throws InputError, at once or when a chat is rendered: no template, or one that refuses.
  ChatOptions options();

  const std::optional<ChatTemplate>& used() const { return template_; }  // nothing: no prompt was a chat
  const EvalChatSettings& settings() const { return settings_; }
  // What a reader of the figures must know, one sentence each: where tools stand, which messages were left out.
  const std::vector<std::string>& notes() const { return notes_; }
  // "template", "system" or "": no task had tools.
  const std::string& tools_shown() const { return tools_shown_; }

 private:
  const ChatTemplate& chat_template();
  std::string render(const nlohmann::ordered_json& messages, const nlohmann::ordered_json& tools);
  bool tools_in_system_message();

  std::filesystem::path folder_;
  EvalChatSettings settings_;
  std::optional<ChatTemplate> template_;
  std::vector<std::string> notes_;
  std::string tools_shown_;
  bool system_refused_ = false;
};

}  // namespace fp8bench
