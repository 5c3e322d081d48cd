// ARC (Clark et al. 2018): science questions for schools, three to five choices.
#include <fmt/core.h>

#include <algorithm>

#include "datasets/eval/configured_task.h"
#include "datasets/eval/families.h"
#include "datasets/task.h"

namespace fp8bench {
namespace {

using Json = nlohmann::ordered_json;

// From AI2's own records to the columns of the data set that lm-eval reads.
Json arc_document(const Json& record) {
  const Json& question = record.at("question");
  Json texts = Json::array(), labels = Json::array();
  for (const Json& choice : question.at("choices"))
    texts.push_back(choice.at("text")), labels.push_back(choice.at("label"));
  if (std::find(labels.begin(), labels.end(), record.at("answerKey")) == labels.end())
    throw std::invalid_argument(
        fmt::format("answerKey: expected a label of a choice, found {}", record.at("answerKey").dump()));
  return {{"id", record.at("id")},
          {"question", question.at("stem")},
          {"choices", {{"text", texts}, {"label", labels}}},
          {"answerKey", record.at("answerKey")}};
}

// Public copies of the test files lack items that have not four choices.
void require_complete(const std::filesystem::path& path, size_t found) {
  const std::string name = path.filename().string();
  const size_t expected = name == "ARC-Challenge-Test.jsonl" ? 1172 : name == "ARC-Easy-Test.jsonl" ? 2376 : found;
  if (found != expected)
    throw DatasetError(
        fmt::format("{}: expected the complete test set of {} items, found {}", path.string(), expected, found));
}

}  // namespace

std::unique_ptr<EvalTask> make_arc(const EvalTaskInfo& info) {
  TaskSpec spec;
  spec.documents = [file = info.files.at(0)](const std::string& data) {
    const auto path = find_data_file(data, file);
    auto documents = map_json_lines(path, arc_document);
    require_complete(path, documents.size());
    return documents;
  };
  spec.shots = [file = info.shot_files.at(0)](const std::string& data) {
    return map_json_lines(find_data_file(data, file), arc_document);
  };
  spec.shots_from = info.shot_files.at(0).paths.front();
  spec.text = [](const Json& doc) {
    return fmt::format("Question: {}\nAnswer:", doc.at("question").get_ref<const std::string&>());
  };
  spec.choices = [](const Json& doc) { return doc.at("choices").at("text").get<std::vector<std::string>>(); };
  spec.target = [](const Json& doc) -> Json {
    const Json& labels = doc.at("choices").at("label");
    return std::find(labels.begin(), labels.end(), doc.at("answerKey")) - labels.begin();
  };
  spec.metrics = {{"acc"}, {"acc_norm"}};
  return make_configured_task(std::move(spec));
}

}  // namespace fp8bench
