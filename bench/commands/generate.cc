// fp8bench generate CKPT: text after a prompt or in a chat, from one checkpoint as it is written, or from two side by
// side with the first differing token marked.
#include "harness/engine/generate.h"

#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <optional>
#include <sstream>

#include "bench/commands/command.h"
#include "bench/commands/generate_output.h"
#include "bench/commands/language_model.h"
#include "harness/io/error.h"
#include "harness/io/sha256.h"
#include "harness/io/text_file.h"
#include "harness/report/record.h"

namespace fp8bench {
namespace {

using nlohmann::ordered_json;

struct Options {
  std::string checkpoint, fp8, tokenizer, chat_template;
  std::string prompt, chat, user, system, tools;
  std::string policy = "f32", kv = "f32";
  bool greedy = false, thinking = false, raw = false, ignore_eos = false;
  std::optional<double> temperature, top_p, min_p;
  std::optional<int64_t> top_k;
  int64_t max_tokens = 256;
  std::vector<std::string> stops, stop_tokens;
  bool is_chat() const { return !chat.empty() || !user.empty() || !system.empty(); }
};

ordered_json read_json(const std::string& file) {
  try {
    return ordered_json::parse(read_text_file(file));
  } catch (const nlohmann::json::exception& error) {
    throw InputError(fmt::format("{}: expected JSON: {}", file, error.what()));
  }
}

ChatRequest chat_request(const Options& options) {
  ChatRequest request;
  if (!options.system.empty()) request.messages.push_back({{"role", "system"}, {"content", options.system}});
  if (!options.chat.empty()) {
    const ordered_json chat = read_json(options.chat);
    const ordered_json messages = chat.is_object() && chat.contains("messages") ? chat["messages"] : chat;
    if (!messages.is_array() || messages.empty())
      throw InputError(fmt::format("{}: expected a list of messages, or an object with \"messages\"", options.chat));
    for (const ordered_json& message : messages) request.messages.push_back(message);
    if (chat.is_object() && chat.contains("tools")) request.tools = chat["tools"];
  }
  if (!options.user.empty()) request.messages.push_back({{"role", "user"}, {"content", options.user}});
  if (!options.tools.empty()) request.tools = read_json(options.tools);
  if (!request.tools.is_null() && !request.tools.is_array())
    throw InputError("tools: expected a list of functions as JSON");
  if (options.thinking) request.enable_thinking = true;
  return request;
}

SamplingOptions sampling_of(const Options& options, const GenerationConfig& config, uint64_t seed) {
  SamplingOptions sampling;
  sampling.seed = seed;
  const bool asked = options.temperature || options.top_k || options.top_p || options.min_p;
  if (options.greedy || (!asked && !config.do_sample)) return sampling;
  // What is not asked for comes from the checkpoint's own configuration if that samples at all.
  const bool own = config.do_sample;
  sampling.temperature = options.temperature.value_or(own ? config.temperature : 1.0);
  sampling.top_k = options.top_k.value_or(own ? config.top_k : 0);
  sampling.top_p = options.top_p.value_or(own ? config.top_p : 1.0);
  sampling.min_p = options.min_p.value_or(own ? config.min_p : 0.0);
  try {
    check_sampling(sampling);
  } catch (const std::invalid_argument& error) {
    throw InputError(error.what());
  }
  return sampling;
}

std::vector<int32_t> stop_ids(const Options& options, const Tokenizer& tokenizer, const GenerationConfig& config) {
  std::vector<int32_t> ids = options.ignore_eos ? std::vector<int32_t>{} : config.eos;
  for (const std::string& piece : options.stop_tokens) {
    const std::optional<int32_t> id = tokenizer.id_of(piece);
    if (!id) throw InputError(fmt::format("--stop-token {}: {} has no such token", piece, tokenizer.where()));
    ids.push_back(*id);
  }
  return ids;
}

class Generation {
 public:
  Generation(const Options& options, const CommonOptions& common) : options_(options), common_(common) {
    constexpr int64_t kKeepHead = int64_t{2} << 30;  // every token passes the head
    models_.push_back(open_language_model(options.checkpoint, kKeepHead));
    if (!options.fp8.empty()) models_.push_back(open_language_model(options.fp8, kKeepHead));
    const std::filesystem::path folder = text_folder(options.checkpoint, options.tokenizer);
    tokenizer_ = open_tokenizer(folder, {&models_.front(), &models_.back()});
    set_prompt(folder);
    if (!options.fp8.empty()) check_same_tokens(*tokenizer_, options.fp8, std::span(&prompt_text_, 1));
    output_ = {.stops = options.stops,
               .eos = stop_ids(options, *tokenizer_, models_.front().generation),
               .parse = options.is_chat() && !options.raw,
               .special = options.raw};
    sampling_ = sampling_of(options, models_.front().generation, common.seed);
    engine_.policy = parse_policy(options.policy).value_or(Policy::kF32);
    engine_.kv = parse_kv(options.kv).value_or(KvDType::kF32);
  }

  int run() {
    if (!common_.json.empty()) require_writable(common_.json);
    std::vector<std::vector<int32_t>> written;
    if (models_.size() == 1) {
      OutputStream stream(*tokenizer_, output_, std::cout);
      written.push_back(write(models_[0], [&](std::span<const int32_t> ids) { return stream.push(ids.back()); }));
      stream.finish();
    } else {
      for (const LanguageModel& model : models_) {
        std::unique_ptr<std::ostringstream> unseen = std::make_unique<std::ostringstream>();
        OutputStream stream(*tokenizer_, output_, *unseen);
        written.push_back(write(model, [&](std::span<const int32_t> ids) { return stream.push(ids.back()); }));
      }
      std::cout << side_by_side(*tokenizer_, output_, written[0], written[1], "A", "B");
      fmt::print(stderr, "A {}   B {}\n", models_[0].spec, models_[1].spec);
    }
    if (!common_.json.empty()) write_record(common_.json, record(written));
    return kExitPass;
  }

 private:
  void set_prompt(const std::filesystem::path& folder) {
    if (!options_.is_chat()) {
      prompt_text_ = options_.prompt;
      prompt_ = tokenizer_->encode(prompt_text_, true);
      if (prompt_.empty()) throw InputError("--prompt: expected a text that has tokens");
      return;
    }
    const ChatRequest request = chat_request(options_);
    const std::optional<ChatTemplate> chat =
        find_chat_template(folder, options_.chat_template, !request.tools.is_null());
    if (!chat)
      throw InputError(fmt::format("{}: no chat template\nhint: --chat-template FILE names one", folder.string()));
    template_sha256_ = chat->sha256();
    prompt_text_ = chat->render(request);
    prompt_ = tokenizer_->encode(prompt_text_, true);  // a BOS of the template's own is not doubled
  }

  std::vector<int32_t> write(const LanguageModel& model, std::function<bool(std::span<const int32_t>)> stop) const {
    const GenerationJob job{.prompt = prompt_,
                            .max_tokens = options_.max_tokens,
                            .sampling = sampling_,
                            .stream = 0,
                            .stop = std::move(stop)};
    Decoder decoder(model.model, engine_);
    std::vector<int32_t> written;
    generate(decoder, *model.head, std::span(&job, 1), {},
             [&](size_t, std::vector<int32_t> tokens) { written = std::move(tokens); });
    return written;
  }

  Record record(const std::vector<std::vector<int32_t>>& written) const {
    Record record;
    nlohmann::json outputs = nlohmann::json::array();
    for (size_t m = 0; m < models_.size(); ++m)
      outputs.push_back({{"checkpoint", checkpoint_fingerprint(*models_[m].model->checkpoint().source)},
                         {"tokens", written[m]},
                         {"text", output_text(*tokenizer_, output_, written[m])}});
    record.content = {{"command", "generate"},
                      {"prompt_tokens", prompt_.size()},
                      {"prompt_sha256", sha256_hex(std::as_bytes(std::span(prompt_)))},
                      {"chat_template_sha256", template_sha256_},
                      {"policy", policy_name(engine_.policy)},
                      {"kv", kv_name(engine_.kv)},
                      {"sampling",
                       {{"temperature", sampling_.temperature},
                        {"top_k", sampling_.top_k},
                        {"top_p", sampling_.top_p},
                        {"min_p", sampling_.min_p},
                        {"seed", sampling_.seed}}},
                      {"eos", output_.eos},
                      {"outputs", outputs}};
    if (written.size() == 2) record.content["shared_tokens"] = shared_tokens(written[0], written[1]);
    record.run = {{"command", common_.command_line}};
    return record;
  }

  const Options& options_;
  const CommonOptions& common_;
  std::vector<LanguageModel> models_;
  std::unique_ptr<const Tokenizer> tokenizer_;
  std::string prompt_text_;
  std::vector<int32_t> prompt_;
  std::string template_sha256_;
  OutputOptions output_;
  SamplingOptions sampling_;
  EngineOptions engine_;
};

}  // namespace

std::function<int()> add_generate_command(CLI::App& app, const CommonOptions& common) {
  auto options = std::make_shared<Options>();
  app.add_option("CKPT", options->checkpoint, "a folder with weights and tokenizer, or quantized:FOLDER")->required();
  app.add_option("--fp8", options->fp8, "a second checkpoint, shown beside the first (default: none)");
  CLI::Option* prompt = app.add_option("--prompt", options->prompt, "text to continue");
  CLI::Option* chat = app.add_option("--chat", options->chat, "JSON file: messages of a chat to answer");
  CLI::Option* user = app.add_option("--user", options->user, "a message to answer");
  CLI::Option* system = app.add_option("--system", options->system, "system message of the chat");
  for (CLI::Option* option : {chat, user, system}) option->excludes(prompt);
  app.add_option("--tools", options->tools, "JSON file: functions that the model may call")->excludes(prompt);
  app.add_flag("--thinking", options->thinking, "let the model think before it answers (the template's switch)")
      ->excludes(prompt);
  app.add_option("--chat-template", options->chat_template, "Jinja file (default: the checkpoint's own)");
  app.add_option("--tokenizer", options->tokenizer, "folder with the tokenizer (default: the checkpoint's)");
  app.add_flag("--greedy", options->greedy,
               "the most likely token each time (default: as generation_config.json says)");
  app.add_option("--temperature", options->temperature, "0: greedy")->check(CLI::NonNegativeNumber);
  app.add_option("--top-k", options->top_k, "draw from the k most likely tokens; 0: from all")
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 31));
  app.add_option("--top-p", options->top_p, "draw from the smallest set with this probability, (0, 1]")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--min-p", options->min_p, "leave out what is less likely than this part of the most likely, [0, 1]")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--max-tokens", options->max_tokens, "tokens to write at most")
      ->check(CLI::Range(int64_t{1}, int64_t{262144}))
      ->capture_default_str();
  app.add_option("--stop", options->stops, "text before which to stop; may be given several times")
      ->allow_extra_args(false);
  app.add_option("--stop-token", options->stop_tokens, "token at which to stop, as the vocabulary writes it")
      ->allow_extra_args(false);
  app.add_flag("--ignore-eos", options->ignore_eos, "go on after the checkpoint's own end tokens");
  app.add_flag("--raw", options->raw, "show the text as it is written, special tokens included, nothing parsed");
  app.add_option("--policy", options->policy, "numeric policy")
      ->check(CLI::IsMember({"f32", "bf16", "native"}))
      ->capture_default_str();
  app.add_option("--kv", options->kv, "type of the KV cache")
      ->check(CLI::IsMember({"f32", "bf16", "fp8"}))
      ->capture_default_str();
  return [options, prompt, &common] {
    if (prompt->count() == 0 && !options->is_chat())
      throw InputError("generate: expected --prompt TEXT, --user TEXT or --chat FILE");
    return Generation(*options, common).run();
  };
}

}  // namespace fp8bench
