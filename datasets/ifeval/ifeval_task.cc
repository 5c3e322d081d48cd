// IFEval as lm-evaluation-harness 0.4.13 runs it. What cannot be decided without a draw (instructions.h) is neither
// right nor wrong here: the accuracies are over what is decided, and the rest is counted beside them.
#include <fmt/core.h>

#include <limits>

#include "datasets/eval/conversation.h"
#include "datasets/eval/families.h"
#include "datasets/eval/figures.h"
#include "datasets/ifeval/instructions.h"
#include "datasets/task.h"

namespace fp8bench {
namespace {

using ifeval::Outcome;
using ifeval::Verdict;
using Json = nlohmann::ordered_json;

constexpr const char* kForms[] = {"strict", "loose"};

// The datasets library gives every "kwargs" all names that occur in the file, in order of their first appearance, and
// null where one is not given: doc_hash is of that.
std::vector<Json> with_all_arguments(std::vector<Json> records) {
  Json none = Json::object();
  for (const Json& record : records)
    for (const Json& arguments : record.at("kwargs"))
      for (const auto& [name, value] : arguments.items()) none[name] = nullptr;
  for (Json& record : records) {
    for (Json& arguments : record.at("kwargs")) {
      Json all = none;
      for (const auto& [name, value] : arguments.items()) all[name] = value;
      arguments = std::move(all);
    }
  }
  return records;
}

// {"key", "prompt", "instruction_id_list", "kwargs"}, with known instructions and arguments of the right kind.
void check_record(const Json& record, const std::string& place) {
  try {
    const Json& ids = record.at("instruction_id_list");
    const Json& kwargs = record.at("kwargs");
    record.at("key").get<int64_t>();
    record.at("prompt").get_ref<const std::string&>();
    if (ids.size() != kwargs.size())
      throw DatasetError(fmt::format("expected one entry of \"kwargs\" for each of {} instructions, found {}",
                                     ids.size(), kwargs.size()));
    for (size_t i = 0; i < ids.size(); ++i) ifeval::follows(ids[i].get<std::string>(), kwargs[i], "text");
  } catch (const nlohmann::json::exception& error) {
    throw DatasetError(
        fmt::format("{}: expected key, prompt, instruction_id_list and kwargs: {}", place, error.what()));
  } catch (const DatasetError& error) {
    throw DatasetError(fmt::format("{}: {}", place, error.what()));
  }
}

std::string metric_name(const char* level, const char* form) { return fmt::format("{}_level_{}_acc", level, form); }

// Of one form: a verdict per instruction (null: undecided), whether all are followed, and why any is undecided.
void log_form(EvalSample& sample, const char* form, const std::vector<Outcome>& outcomes) {
  Json each = Json::array(), reasons = Json::array();
  bool failed = false, open = false;
  for (const Outcome& outcome : outcomes) {
    const bool undecided = outcome.verdict == Verdict::kUndecided;
    each.push_back(undecided ? Json() : Json(outcome.verdict == Verdict::kFollows));
    reasons.push_back(std::string(outcome.reason));
    failed = failed || outcome.verdict == Verdict::kFails;
    open = open || undecided;
  }
  const std::string name = metric_name("prompt", form);
  const bool decided = failed || !open;
  sample.logged[name] = decided ? Json(!failed) : Json();
  sample.logged[metric_name("inst", form)] = std::move(each);
  if (open) sample.logged[fmt::format("undecided_{}", form)] = std::move(reasons);
  if (decided) sample.metrics.emplace_back(name, failed ? 0.0 : 1.0);
}

class IfevalTask : public EvalTask {
 public:
  explicit IfevalTask(DataFile file) : file_(std::move(file)) {}

  std::vector<EvalDocument> documents(const EvalOptions& options) const override {
    if (options.num_fewshot > 0) throw DatasetError("ifeval takes no examples: expected --num-fewshot 0");
    const std::filesystem::path path = find_data_file(options.data, file_);
    std::vector<Json> records = read_json_lines(path);
    for (size_t i = 0; i < records.size(); ++i) check_record(records[i], fmt::format("{}:{}", path.string(), i + 1));
    records = with_all_arguments(std::move(records));
    const Conversation conversation(options.chat);
    std::vector<EvalDocument> documents;
    for (Json& record : records) {
      if (options.limit >= 0 && static_cast<int64_t>(documents.size()) >= options.limit) break;
      EvalDocument& document = documents.emplace_back();
      document.id = static_cast<int64_t>(documents.size()) - 1;
      document.target = 0;
      Request& request = document.requests.emplace_back();
      request.kind = RequestKind::kGenerateUntil;
      request.context = conversation.asked(record.at("prompt").get<std::string>());
      request.max_tokens = 1280;
      request.settings = {
          {"until", Json::array()}, {"do_sample", false}, {"temperature", 0.0}, {"max_gen_toks", request.max_tokens}};
      document.doc = std::move(record);
    }
    return documents;
  }

  std::vector<EvalSample> score(const EvalDocument& document, std::span<const Response> responses) const override {
    const std::string& text = responses[0].text;
    const Json& ids = document.doc.at("instruction_id_list");
    const Json& kwargs = document.doc.at("kwargs");
    std::vector<Outcome> strict, loose;
    for (size_t i = 0; i < ids.size(); ++i) {
      strict.push_back(ifeval::follows(ids[i].get<std::string>(), kwargs[i], text));
      loose.push_back(ifeval::follows_loosely(ids[i].get<std::string>(), kwargs[i], text));
    }
    EvalSample sample;
    sample.filtered_resps = Json::array({text});
    log_form(sample, "strict", strict);
    log_form(sample, "loose", loose);
    return {sample};
  }

  std::vector<EvalFigure> figures(std::span<const EvalDocument> /*documents*/,
                                  std::span<const std::vector<EvalSample>> samples) const override {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    std::vector<EvalFigure> accuracies, undecided;
    if (samples.empty()) return accuracies;
    for (const char* form : kForms) {
      std::vector<double> prompts, instructions;
      double open_prompts = 0, open_instructions = 0;
      for (const std::vector<EvalSample>& item : samples) {
        const Json& all = item.at(0).logged.at(metric_name("prompt", form));
        all.is_null() ? void(++open_prompts) : prompts.push_back(all.get<bool>());
        for (const Json& one : item.at(0).logged.at(metric_name("inst", form)))
          one.is_null() ? void(++open_instructions) : instructions.push_back(one.get<bool>());
      }
      const auto mean = [](const std::vector<double>& values) { return values.empty() ? kNone : figure_mean(values); };
      accuracies.push_back({metric_name("prompt", form), "none", mean(prompts), mean_standard_error(prompts)});
      accuracies.push_back({metric_name("inst", form), "none", mean(instructions), kNone});
      undecided.push_back({fmt::format("prompt_level_{}_undecided", form), "none", open_prompts, kNone});
      undecided.push_back({fmt::format("inst_level_{}_undecided", form), "none", open_instructions, kNone});
    }
    accuracies.insert(accuracies.end(), undecided.begin(), undecided.end());
    return accuracies;
  }

 private:
  DataFile file_;
};

}  // namespace

std::unique_ptr<EvalTask> make_ifeval(const EvalTaskInfo& info) {
  return std::make_unique<IfevalTask>(info.files.at(0));
}

}  // namespace fp8bench
