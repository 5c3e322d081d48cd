// The chat template of a checkpoint, rendered as transformers' apply_chat_template(tokenize=False) does.
#pragma once
#include <ctime>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "harness/text/jinja/template.h"

namespace fp8bench {

struct ChatRequest {
  nlohmann::ordered_json messages = nlohmann::ordered_json::array();  // [{"role": ..., "content": ...}, ...]
  nlohmann::ordered_json tools;                                       // null: none; else JSON schemas of functions
  bool add_generation_prompt = true;
  std::optional<bool> enable_thinking;  // absent: the template's default
  // Further variables, and special tokens other than the checkpoint's; they win over all of the above.
  nlohmann::ordered_json variables = nlohmann::ordered_json::object();
  std::optional<std::time_t> now;  // for templates that print the date; absent: the clock
};

class ChatTemplate {
 public:
  // `file` if given; else <checkpoint>/chat_template.jinja; else the entry chat_template of tokenizer_config.json,
  // which is text or a list of named templates: then `name`, by default "tool_use" for requests with tools if it is
  // there and "default" otherwise. Special tokens (bos_token ...) come from tokenizer_config.json when there is one.
  // Throws InputError: no template, an unreadable one, or one that the interpreter refuses.
  static ChatTemplate load(const std::filesystem::path& checkpoint,
                           const std::optional<std::filesystem::path>& file = {}, const std::string& name = "",
                           bool with_tools = false);
  ChatTemplate(std::string source, const std::string& origin);

  // The prompt. Throws InputError "file:line: what", with the template's own words where it refuses the messages.
  std::string render(const ChatRequest& request) const;

  const std::string& source() const { return source_; }
  const std::string& sha256() const { return sha256_; }  // of the template's bytes
  const std::string& origin() const { return origin_; }  // the file it came from

 private:
  std::string source_, origin_, sha256_;
  jinja::Template template_;
  std::map<std::string, std::string> special_tokens_;
};

}  // namespace fp8bench
