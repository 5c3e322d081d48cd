// What a task asks of a model and what it makes of the answers, in the vocabulary of lm-evaluation-harness 0.4.13: a
// document becomes requests, each request gets one response from whatever engine, responses become samples (one line of
// a samples file each) and samples become figures. Pure functions of text: this layer knows no tokenizer and no engine.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace fp8bench {

enum class RequestKind {
  kLogLikelihood,  // ln p(continuation | context), and whether greedy decoding would write it
  kRolling,        // ln p of a whole text, in windows of the model's length
  kGenerateUntil   // greedy text after a context
};

struct Request {
  RequestKind kind = RequestKind::kLogLikelihood;
  std::string context;              // rolling: empty; of a chat: its rendering, empty where there is no template
  std::string continuation;         // log-likelihood: scored after the context; rolling: the whole text
  std::vector<std::string> until;   // generate: the text ends before the first of these
  int64_t max_tokens = 256;         // generate: max_gen_toks
  nlohmann::ordered_json settings;  // generate: generation_kwargs as lm-eval logs them beside the context
  nlohmann::ordered_json messages;  // not null: a chat with tools, whose rendering is the context
  nlohmann::ordered_json tools;     // of the chat; null: none
};

struct Response {
  double log_likelihood = 0;  // nats
  bool greedy = false;        // every token of the continuation is the argmax at its place
  std::string text;           // generate
  int64_t tokens = 0;         // scored or generated
  // Of a request with tools, written in the model's own format: [{"name", "arguments": {}}].
  nlohmann::ordered_json tool_calls = nullptr;
};

struct EvalDocument {
  int64_t id = 0;              // doc_id: its place in the data file
  nlohmann::ordered_json doc;  // as lm-eval sees it: doc_hash is of this
  nlohmann::ordered_json target;
  std::vector<Request> requests;
};

struct EvalSample {  // one filter of one document
  std::string filter = "none";
  nlohmann::ordered_json filtered_resps;
  std::vector<std::pair<std::string, double>> metrics;  // per item; a figure without a per-item value has none here
  nlohmann::ordered_json
      logged;  // object: per metric what lm-eval writes in a samples file (a number, or [nats, count])
};

struct EvalFigure {
  std::string metric, filter;  // lm-eval's key is "metric,filter"
  double value = 0;
  double standard_error = 0;  // NaN where lm-eval prints N/A
};

// How prompts become chats: lm-eval's apply_chat_template, fewshot_as_multiturn and system_instruction.
struct ChatOptions {
  // What the checkpoint's template makes of messages [{"role", "content"}, ...] and tools (null: none), up to where the
  // answer begins. Empty: there is no template.
  std::function<std::string(const nlohmann::ordered_json& messages, const nlohmann::ordered_json& tools)> render;
  bool apply = false;     // every prompt is a chat; false: only those of tasks that are chats by nature
  bool multiturn = true;  // of a chat: every example is two turns; false: examples and question are one message
  std::string system;     // stands before every prompt, also before one that is no chat
  // Asked by tasks with tools. True: the functions stand in a system message, as the benchmark's authors write it for
  // models without function calling, and the answer is read as text. Empty or false: the template gets them.
  std::function<bool()> tools_in_system_message;
};

struct EvalOptions {
  std::string data;          // the folder of original files
  int64_t limit = -1;        // the first so many documents; -1: all
  int64_t num_fewshot = -1;  // -1: the task's own default
  uint64_t seed = 1234;      // few-shot sampling, where a task samples
  ChatOptions chat = {};
};

class EvalTask {
 public:
  virtual ~EvalTask() = default;
  // Throws DatasetError naming the file (and line) that is absent or not what it should be.
  virtual std::vector<EvalDocument> documents(const EvalOptions& options) const = 0;
  // One sample per filter. responses: one per request of the document, in order.
  virtual std::vector<EvalSample> score(const EvalDocument& document, std::span<const Response> responses) const = 0;
  // samples[d][f]: document d, filter f.
  virtual std::vector<EvalFigure> figures(std::span<const EvalDocument> documents,
                                          std::span<const std::vector<EvalSample>> samples) const = 0;
};

}  // namespace fp8bench
