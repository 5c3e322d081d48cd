// fp8bench eval CKPT [--fp8 DIR] --tasks A,B: lm-evaluation-harness's tasks on our engine, one checkpoint or two
// paired.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <memory>
#include <sstream>

#include "bench/commands/eval_options.h"
#include "bench/commands/eval_report.h"
#include "bench/commands/gen_kwargs.h"
#include "bench/comparison/compare_samples.h"
#include "bench/comparison/paired_table.h"
#include "harness/io/error.h"
#include "harness/io/sha256.h"
#include "harness/io/text_file.h"
#include "harness/measure/environment_json.h"
#include "harness/report/progress.h"
#include "harness/report/record.h"
#include "harness/score/judge_json.h"
#include "harness/score/share_text.h"

namespace fp8bench {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

// A small model stays in memory, so its passes may be short and the journal grows steadily.
constexpr int64_t kShortPass = 8192;
constexpr int64_t kSmallModel = int64_t{1} << 30;
constexpr uint64_t kFloorSeed = 101;       // as the main job's first draw
constexpr int64_t kDefaultContext = 2048;  // lm-eval's, for a model that does not say

int64_t total_bytes(const Model& model) {
  int64_t total = 0;
  for (const TensorInfo& tensor : model.checkpoint().source->tensors()) total += tensor.bytes();
  return total;
}

// FILE, or where a folder is named, samples_TASK.jsonl inside, as lm-eval writes them. The second checkpoint's file has
// .fp8 before its extension; its folder stands beside the first as FOLDER.fp8, so that `paired` takes the two. The
// nudged run's have .fp8.floor.
std::filesystem::path samples_path(const std::string& given, const std::string& task, size_t run) {
  const std::string mark = run == 0 ? "" : run == 1 ? ".fp8" : ".fp8.floor";
  std::filesystem::path path = given;
  if (std::filesystem::is_directory(path)) {
    if (!path.has_filename()) path = path.parent_path();
    path += mark;
    return path / fmt::format("samples_{}.jsonl", task);
  }
  if (run == 0) return path;
  const std::string name = fmt::format("{}{}{}", path.stem().string(), mark, path.extension().string());
  return path.replace_filename(name);
}

class Evaluate {
 public:
  Evaluate(const EvalCommandOptions& options, const CommonOptions& common)
      : options_(options), common_(common), environment_(read_environment()) {}

  int run() {
    const auto started = std::chrono::steady_clock::now();
    for (const std::string& file : {common_.json, options_.results})
      if (!file.empty()) require_writable(file);
    if (!options_.samples.empty() && !std::filesystem::is_directory(options_.samples))
      require_writable(options_.samples);
    judge_.margin = parse_share(options_.margin, "--margin");
    judge_.alpha = parse_share(options_.alpha, "--alpha");
    judge_.power = parse_share(options_.power, "--power");
    check_plan(judge_);
    folder_ = text_folder(options_.checkpoint, options_.tokenizer);
    chat_ = std::make_unique<EvalChat>(folder_, options_.chat);
    tasks_ = load_tasks(options_, common_.data, chat_->options());
    if (!common_.quiet)
      for (const std::string& note : chat_->notes()) fmt::print(stderr, "{}\n", note);
    open();
    plan_ = plan();
    answer();
    if (models_.size() == 2) comparison_ = compare();
    write_samples();
    seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    write_results();
    finish_journal();
    return show();
  }

 private:
  void open() {
    const int64_t keep_head = static_cast<int64_t>(options_.memory / 2);
    models_.push_back(open_language_model(options_.checkpoint, keep_head));
    if (!options_.fp8.empty()) models_.push_back(open_language_model(options_.fp8, keep_head));
    tokenizer_ = open_tokenizer(folder_, {&models_.front(), &models_.back()});
    if (!options_.fp8.empty()) check_same_tokens(*tokenizer_, options_.fp8, first_texts());
    setup_.tokenizer = tokenizer_.get();
    setup_.tokens.max_length = options_.max_length;
    if (setup_.tokens.max_length == 0)
      setup_.tokens.max_length = context_length(models_[0].model->checkpoint().source->config_text());
    if (setup_.tokens.max_length == 0) setup_.tokens.max_length = kDefaultContext;
    if (options_.bos != "auto") setup_.tokens.special = options_.bos == "yes";
    setup_.eos = models_[0].generation.eos;
    setup_.float32_softmax = options_.softmax == "lm-eval";
    setup_.memory_bytes = static_cast<int64_t>(options_.memory);
    bool small = true;
    for (const LanguageModel& model : models_) small = small && total_bytes(*model.model) <= kSmallModel;
    setup_.pass_tokens = small ? kShortPass : 0;
    EngineOptions engine;
    engine.policy = parse_policy(options_.policy).value_or(Policy::kF32);
    engine.kv = parse_kv(options_.kv).value_or(KvDType::kF32);
    for (const LanguageModel& model : models_) {
      fingerprints_.push_back(checkpoint_fingerprint(*model.model->checkpoint().source));
      EvaluatedRun& run = setup_.runs.emplace_back();
      run.run.name = model.spec;
      run.run.model = model.model;
      run.run.options = engine;
      run.head = model.head;
      run.identity = identity(fingerprints_.back(), engine);
    }
    if (!options_.floor) return;
    EvaluatedRun nudged = setup_.runs.back();
    nudged.run.name += " nudged";
    nudged.run.options.perturb_seed = kFloorSeed;
    nudged.identity += fmt::format(" nudged {}", kFloorSeed);
    setup_.runs.push_back(std::move(nudged));
  }

  std::vector<std::string> first_texts() const {
    std::vector<std::string> texts;
    for (const TaskRun& task : tasks_)
      for (const EvalDocument& document : task.documents)
        texts.push_back(document.requests.front().context + document.requests.front().continuation);
    return texts;
  }

  // Everything that an answer to given tokens depends on. Policy native has other bits on another instruction set.
  std::string identity(const std::string& fingerprint, const EngineOptions& engine) const {
    return fmt::format("{} {} {} {} {} {}", fingerprint, policy_name(engine.policy), kv_name(engine.kv),
                       engine.policy == Policy::kNative ? policy_isa(engine.policy) : "any", environment_.version,
                       environment_.revision);
  }

  // What is asked, fixed and hashed before the first item is scored.
  json plan() const {
    json rows = json::array();
    for (const TaskRun& task : tasks_) {
      Sha256 prompts;
      for (const EvalDocument& document : task.documents)
        for (const Request& request : document.requests)
          prompts.update(fmt::format("{}\n{}\n{}\n", request.context, request.continuation, request.messages.dump()));
      rows.push_back({{"task", task.info->name},
                      {"version", task.info->version},
                      {"documents", task.documents.size()},
                      {"shots", task.shots},
                      {"requests_sha256", prompts.hex()}});
    }
    return {{"tasks", rows},
            {"max_length", setup_.tokens.max_length},
            {"bos", options_.bos},
            {"softmax", options_.softmax},
            {"fewshot_seed", options_.fewshot_seed},
            {"chat", chat_plan(*chat_)},
            {"gen_kwargs", json(parse_gen_kwargs(options_.gen_kwargs))},
            {"margin", judge_.margin},
            {"alpha", judge_.alpha},
            {"power", judge_.power},
            {"floor_seed", options_.floor ? json(kFloorSeed) : json(nullptr)}};
  }

  // What `paired` makes of the samples that are about to be written.
  SampleComparison compare() const {
    const auto side = [&](size_t run) {
      SampleSide out{setup_.runs[run].run.name, {}};
      for (const TaskRun& task : tasks_) {
        std::istringstream lines(sample_lines(task, run));
        out.tasks[task.info->name] = {out.name, std::make_shared<SampleFile>(parse_samples(lines, task.info->name))};
      }
      return out;
    };
    const std::vector<TaskPlace> places = task_places({side(0), side(1), options_.floor ? side(2) : SampleSide{}}, {});
    EvaluationPlan plan = judge_;
    for (const TaskPlace& place : places) plan.tasks.push_back({place.task, "", "", -1});
    return compare_samples(places, plan);
  }

  std::filesystem::path journal_path() const {
    if (!options_.resume.empty()) return options_.resume;
    if (options_.samples.empty()) return {};
    if (std::filesystem::is_directory(options_.samples)) return std::filesystem::path(options_.samples) / "journal";
    return options_.samples + ".journal";
  }

  void answer() {
    const std::filesystem::path path = journal_path();
    const std::unique_ptr<Journal> journal =
        path.empty() ? std::make_unique<Journal>() : std::make_unique<Journal>(path);
    Progress progress("eval", common_.quiet);
    const auto started = std::chrono::steady_clock::now();
    bool first = true;
    answer_tasks(tasks_, setup_, *journal, [&](const EvaluationProgress& state) {
      if (first && state.resumed > 0)
        progress.note(fmt::format(
            "{:.0f} % found in {}",
            100.0 * static_cast<double>(state.resumed) / static_cast<double>(std::max<int64_t>(state.total, 1)),
            path.string()));
      first = false;
      const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
      const double done = static_cast<double>(state.done - state.resumed),
                   left = static_cast<double>(state.total - state.done);
      progress.update(state.done, state.total,
                      done > 0 ? fmt::format("{:.0f} s left", seconds / done * left) : std::string());
    });
  }

  // The journal that was made by itself has done its work; one that was asked for stays.
  void finish_journal() const {
    const std::filesystem::path path = journal_path();
    std::error_code ignored;
    if (options_.resume.empty() && !path.empty()) std::filesystem::remove(path, ignored);
  }

  void write_samples() const {
    if (options_.samples.empty()) return;
    for (size_t run = 0; run < setup_.runs.size(); ++run) {
      std::map<std::filesystem::path, std::string> files;
      for (const TaskRun& task : tasks_)
        files[samples_path(options_.samples, task.info->name, run)] += sample_lines(task, run);
      for (const auto& [path, text] : files) {
        if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
        write_file_atomically(path, text);
      }
    }
  }

  Record record() const {
    Record record;
    json& content = record.content;
    content = json(lmeval_results(options_, tasks_, 0));
    content["command"] = "eval";
    content["plan"] = plan_;
    content["plan_sha256"] = sha256_hex(canonical_json(plan_));
    content["checkpoint"] = fingerprints_[0];
    content["policy"] = options_.policy;
    content["kv"] = options_.kv;
    for (const TaskRun& task : tasks_) {
      json& hashes = content["samples_sha256"][task.info->name];
      for (size_t run = 0; run < setup_.runs.size(); ++run) hashes.push_back(sha256_hex(sample_lines(task, run)));
    }
    if (models_.size() == 2) {
      content["fp8"] = json(lmeval_results(options_, tasks_, 1));
      content["fp8"]["checkpoint"] = fingerprints_[1];
      content["paired"] = task_verdicts_json(comparison_.deciding);
      content["paired_others"] = task_verdicts_json(comparison_.others);
      content["verdict"] = overall_verdict(comparison_).line;
    }
    record.run = {{"command", common_.command_line},
                  {"checkpoint", options_.checkpoint},
                  {"fp8", options_.fp8},
                  {"seconds", seconds_},
                  {"machine", to_json(environment_)}};
    return record;
  }

  ordered_json lmeval_file(size_t run) const {
    ordered_json out = lmeval_results(options_, tasks_, run);
    out["config"] = {{"model", "fp8bench"},
                     {"model_args", models_[run].spec},
                     {"batch_size", "auto"},
                     {"limit", options_.limit >= 0 ? ordered_json(options_.limit) : ordered_json(nullptr)},
                     {"gen_kwargs", parse_gen_kwargs(options_.gen_kwargs)},
                     {"fewshot_seed", options_.fewshot_seed}};
    out["git_hash"] = environment_.revision;
    out["max_length"] = setup_.tokens.max_length;
    add_chat_results(*chat_, out);
    out["total_evaluation_time_seconds"] = fmt::format("{}", seconds_);
    return out;
  }

  // The record, with lm-eval's own keys beside ours, so that what reads lm-eval's results reads it as well.
  void write_results() const {
    if (!common_.json.empty()) {
      ordered_json whole = ordered_json::parse(record_text(record()));
      const ordered_json own = lmeval_file(0);
      for (const auto& [key, value] : own.items()) whole[key] = value;
      write_file_atomically(common_.json, whole.dump(1) + "\n");
    }
    if (options_.results.empty()) return;
    for (size_t run = 0; run < models_.size(); ++run)
      write_file_atomically(samples_path(options_.results, "", run), lmeval_file(run).dump(2) + "\n");
  }

  int show() const {
    if (models_.size() == 1) {
      fmt::print("{}", figure_table(options_, tasks_));
      return kExitPass;
    }
    const Verdict verdict = overall_verdict(comparison_);
    fmt::print("{}\nverdict: {} (margin {:.3g})\n", comparison_text(comparison_), verdict.line, judge_.margin);
    return verdict.exit;
  }

  const EvalCommandOptions& options_;
  const CommonOptions& common_;
  Environment environment_;
  std::filesystem::path folder_;  // of the tokenizer and the chat template
  std::unique_ptr<EvalChat> chat_;
  std::vector<TaskRun> tasks_;
  std::vector<LanguageModel> models_;
  std::vector<std::string> fingerprints_;  // per model
  std::unique_ptr<const Tokenizer> tokenizer_;
  EvaluationSetup setup_;
  json plan_;
  EvaluationPlan judge_;  // margin, alpha, power
  SampleComparison comparison_;
  double seconds_ = 0;
};

}  // namespace

std::function<int()> add_eval_command(CLI::App& app, const CommonOptions& common) {
  auto options = std::make_shared<EvalCommandOptions>();
  add_eval_options(app, *options);
  return [options, &common] { return Evaluate(*options, common).run(); };
}

}  // namespace fp8bench
