#include "datasets/eval/configured_task.h"

#include <cmath>
#include <limits>
#include <utility>

#include "datasets/eval/conversation.h"
#include "datasets/eval/figures.h"
#include "datasets/eval/item_metrics.h"
#include "datasets/task.h"

namespace fp8bench {
namespace {

using Json = nlohmann::ordered_json;

class ConfiguredTask : public EvalTask {
 public:
  explicit ConfiguredTask(TaskSpec spec) : spec_(std::move(spec)) {}

  std::vector<EvalDocument> documents(const EvalOptions& options) const override {
    const std::vector<Json> docs = spec_.documents(options.data);
    const int64_t asked = options.num_fewshot < 0 || spec_.fixed_shots ? spec_.default_shots : options.num_fewshot;
    const auto count = static_cast<size_t>(asked);
    ShotSampler sampler(count > 0 ? spec_.shots(options.data) : std::vector<Json>(), spec_.shot_order, options.seed,
                        spec_.shots_from);
    std::vector<EvalDocument> documents;
    for (const Json& doc : docs) {
      if (options.limit >= 0 && static_cast<int64_t>(documents.size()) >= options.limit) break;
      EvalDocument& document = documents.emplace_back();
      document.id = static_cast<int64_t>(documents.size()) - 1;
      document.doc = doc;
      document.target = spec_.target(doc);
      Conversation conversation(options.chat, spec_.description, spec_.fewshot_delimiter);
      for (const Json* shot : sampler.draw(count, spec_.exclude_document ? &doc : nullptr))
        add_example(conversation, *shot);
      add_requests(document, conversation, options.chat.apply);
    }
    return documents;
  }

  std::vector<EvalSample> score(const EvalDocument& document, std::span<const Response> responses) const override {
    std::vector<EvalSample> samples;
    for (const TaskFilter& filter : spec_.filters) {
      EvalSample& sample = samples.emplace_back();
      sample.filter = filter.name;
      sample.filtered_resps = Json::array();
      for (const Response& response : responses) sample.filtered_resps.push_back(filtered(filter, response));
      const Json values = spec_.process ? spec_.process(document.doc, responses)
                                        : item_values(document, responses, sample.filtered_resps);
      for (const TaskMetric& metric : spec_.metrics) {
        const Json& value = values.at(metric.name);
        sample.logged[metric.name] = value;
        if (value.is_number()) sample.metrics.emplace_back(metric.name, value.get<double>());
      }
    }
    return samples;
  }

  std::vector<EvalFigure> figures(std::span<const EvalDocument> /*documents*/,
                                  std::span<const std::vector<EvalSample>> samples) const override {
    std::vector<EvalFigure> figures;
    if (samples.empty()) return figures;
    for (size_t filter = 0; filter < spec_.filters.size(); ++filter) {
      for (const TaskMetric& metric : spec_.metrics) {
        std::vector<double> values;
        std::vector<Weighted> weighted;
        for (const std::vector<EvalSample>& item : samples) {
          const Json& value = item.at(filter).logged.at(metric.name);
          if (value.is_array()) {
            weighted.emplace_back(value.at(0).get<double>(), value.at(1).get<double>());
          } else {
            values.push_back(value.get<double>());
          }
        }
        figures.push_back(figure(metric, spec_.filters[filter].name, values, weighted));
      }
    }
    return figures;
  }

 private:
  // A solved example: the question and the right answer.
  void add_example(Conversation& conversation, const Json& doc) const {
    const Json target = spec_.target(doc);
    if (target.is_number()) {
      conversation.add_example(spec_.text(doc), spec_.target_delimiter, spec_.choices(doc).at(target.get<size_t>()));
      return;
    }
    const std::string question =
        spec_.chosen_input ? spec_.choices(doc).at(static_cast<size_t>(spec_.chosen_input(doc))) : spec_.text(doc);
    // An empty answer is none: lm-eval then writes no delimiter either.
    const std::string answer = target.get<std::string>();
    answer.empty() ? conversation.add_question(question)
                   : conversation.add_example(question, spec_.target_delimiter, answer);
  }

  void add_requests(EvalDocument& document, const Conversation& conversation, bool chat) const {
    const auto add = [&](RequestKind kind, std::string context, std::string continuation) -> Request& {
      Request& request = document.requests.emplace_back();
      request.kind = kind, request.context = std::move(context), request.continuation = std::move(continuation);
      return request;
    };
    const Json& doc = document.doc;
    const std::string delimiter = chat ? "" : spec_.target_delimiter;  // a template has its own before the answer
    switch (spec_.output) {
      case OutputType::kMultipleChoice: {
        if (spec_.chosen_input) {
          for (const std::string& choice : spec_.choices(doc))
            add(RequestKind::kLogLikelihood, conversation.asked(choice),
                delimiter + document.target.get<std::string>());
          return;
        }
        const std::string context = conversation.asked(spec_.text(doc));
        for (const std::string& choice : spec_.choices(doc))
          add(RequestKind::kLogLikelihood, context, delimiter + choice);
        return;
      }
      case OutputType::kLogLikelihood:
        add(RequestKind::kLogLikelihood, conversation.asked(spec_.text(doc)), document.target.get<std::string>());
        return;
      case OutputType::kRolling:
        add(RequestKind::kRolling, "", document.target.get<std::string>());
        return;
      case OutputType::kGenerateUntil: {
        Request& request = add(RequestKind::kGenerateUntil, conversation.asked(spec_.text(doc)), "");
        request.until = spec_.until, request.settings = spec_.settings;
        if (spec_.settings.contains("max_gen_toks")) request.max_tokens = spec_.settings.at("max_gen_toks");
        return;
      }
    }
  }

  Json filtered(const TaskFilter& filter, const Response& response) const {
    switch (spec_.output) {
      case OutputType::kRolling:
        return response.log_likelihood;
      case OutputType::kGenerateUntil:
        return filter.extract ? extract_match(*filter.extract, filter.last, response.text) : response.text;
      default:
        return Json::array({response.log_likelihood, response.greedy});
    }
  }

  Json item_values(const EvalDocument& document, std::span<const Response> responses,
                   const Json& filtered_resps) const {
    switch (spec_.output) {
      case OutputType::kMultipleChoice:
        return choice_metrics(spec_.choices(document.doc), responses,
                              spec_.chosen_input ? spec_.chosen_input(document.doc) : document.target.get<int64_t>());
      case OutputType::kLogLikelihood:
        return {{"perplexity", responses[0].log_likelihood}, {"acc", responses[0].greedy ? 1 : 0}};
      case OutputType::kRolling:
        return rolling_metrics(document.target.get<std::string>(), responses[0].log_likelihood);
      case OutputType::kGenerateUntil:
        break;
    }
    return {{"exact_match",
             exact_match(*spec_.exact, filtered_resps.at(0).get<std::string>(), document.target.get<std::string>())
                 ? 1.0
                 : 0.0}};
  }

  static EvalFigure figure(const TaskMetric& metric, const std::string& filter, std::span<const double> values,
                           std::span<const Weighted> weighted) {
    EvalFigure out{metric.name, filter, 0, std::numeric_limits<double>::quiet_NaN()};
    switch (metric.aggregation) {
      case Aggregation::kMean:
        out.value = figure_mean(values), out.standard_error = mean_standard_error(values);
        break;
      case Aggregation::kPerplexity:
        out.value = figure_perplexity(values), out.standard_error = bootstrap_perplexity_error(values);
        break;
      case Aggregation::kWeightedPerplexity:
        out.value = weighted_perplexity(weighted);
        break;
      case Aggregation::kBitsPerByte:
        out.value = bits_per_count(weighted);
        break;
    }
    return out;
  }

  TaskSpec spec_;
};

}  // namespace

std::unique_ptr<EvalTask> make_configured_task(TaskSpec spec) {
  return std::make_unique<ConfiguredTask>(std::move(spec));
}

}  // namespace fp8bench
