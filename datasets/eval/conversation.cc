#include "datasets/eval/conversation.h"

#include <fmt/core.h>

#include "datasets/eval/python_text.h"
#include "datasets/task.h"

namespace fp8bench {
namespace {

using Json = nlohmann::ordered_json;

bool begins_with_space(const std::string& text) { return python_strip(text + "x") != text + "x"; }
bool ends_with_space(const std::string& text) { return python_strip("x" + text) != "x" + text; }

std::string delimited(const std::string& first, const std::string& second, std::string_view delimiter) {
  if (first.empty() || second.empty() || ends_with_space(first) || begins_with_space(second)) return first + second;
  return fmt::format("{}{}{}", first, delimiter, second);
}

}  // namespace

Conversation::Conversation(const ChatOptions& options, const std::string& description,
                           std::string_view fewshot_delimiter)
    : options_(options),
      system_(delimited(options.system, description, fewshot_delimiter)),
      fewshot_delimiter_(fewshot_delimiter) {}

void Conversation::add_question(const std::string& question) { turns_.push_back({"user", question, ""}); }

void Conversation::add_example(const std::string& question, const std::string& target_delimiter,
                               const std::string& answer) {
  turns_.push_back({"user", question, target_delimiter});
  turns_.push_back({"assistant", answer, fewshot_delimiter_});
}

std::string Conversation::asked(const std::string& question) const {
  if (options_.apply) return chat(question);
  std::string text = system_;
  for (const Turn& turn : turns_) text += turn.content + turn.delimiter;
  return text + question;
}

std::string Conversation::chat(const std::string& question) const {
  if (!options_.render) throw DatasetError("a chat needs a chat template, and there is none");
  Json messages = Json::array();
  const auto add = [&](const char* role, const std::string& content) {
    messages.push_back({{"role", role}, {"content", content}});
  };
  if (!system_.empty()) add("system", system_);
  std::string joined;
  for (const Turn& turn : turns_) {
    if (options_.multiturn) add(turn.role, turn.content);
    joined += turn.content + turn.delimiter;
  }
  add("user", options_.multiturn ? question : joined + question);
  return options_.render(messages, nullptr);
}

}  // namespace fp8bench
