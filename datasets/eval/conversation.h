// The turns of a prompt, written as one text or as a chat (lm-eval 0.4.13: api/task.py, fewshot_context, build_qa_turn;
// api/utils.py).
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "datasets/evaluation.h"

namespace fp8bench {

class Conversation {
 public:
  // options must outlive it. The task's description follows the system instruction of the options, after the delimiter
  // unless one of the two has white space there.
  explicit Conversation(const ChatOptions& options, const std::string& description = {},
                        std::string_view fewshot_delimiter = "\n\n");

  void add_question(const std::string& question);  // without an answer
  void add_example(const std::string& question, const std::string& target_delimiter, const std::string& answer);

  // The prompt that asks `question` after all of this. Throws DatasetError where a chat is asked for and the options
  // have no template.
  std::string asked(const std::string& question) const;

 private:
  struct Turn {
    const char* role;
    std::string content;
    std::string delimiter;  // after it in one text; a chat has none between its messages
  };
  std::string chat(const std::string& question) const;
  const ChatOptions& options_;
  std::string system_, fewshot_delimiter_;
  std::vector<Turn> turns_;
};

}  // namespace fp8bench
