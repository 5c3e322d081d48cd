// PIQA (Bisk et al. 2020): which of two ways reaches a goal. Questions and labels are two files.
#include <fmt/core.h>

#include "datasets/eval/configured_task.h"
#include "datasets/eval/families.h"
#include "datasets/task.h"

namespace fp8bench {
namespace {

using Json = nlohmann::ordered_json;

std::vector<Json> piqa_documents(const std::string& data, const std::vector<DataFile>& files) {
  std::vector<Json> documents = map_json_lines(find_data_file(data, files.at(0)), [](const Json& record) -> Json {
    return {{"goal", record.at("goal")}, {"sol1", record.at("sol1")}, {"sol2", record.at("sol2")}};
  });
  const auto path = find_data_file(data, files.at(1));
  const std::vector<std::string> labels = read_data_lines(path);
  if (labels.size() != documents.size())
    throw DatasetError(fmt::format("{}: expected a label for each of {} questions, found {}", path.string(),
                                   documents.size(), labels.size()));
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] != "0" && labels[i] != "1")
      throw DatasetError(fmt::format("{}:{}: expected 0 or 1, found '{}'", path.string(), i + 1, labels[i]));
    documents[i]["label"] = labels[i] == "1" ? 1 : 0;
  }
  return documents;
}

}  // namespace

std::unique_ptr<EvalTask> make_piqa(const EvalTaskInfo& info) {
  TaskSpec spec;
  spec.documents = [files = info.files](const std::string& data) { return piqa_documents(data, files); };
  spec.shots = [files = info.shot_files](const std::string& data) { return piqa_documents(data, files); };
  spec.shots_from = info.shot_files.at(0).paths.front();
  spec.exclude_document = true;
  spec.text = [](const Json& doc) {
    return fmt::format("Question: {}\nAnswer:", doc.at("goal").get_ref<const std::string&>());
  };
  spec.choices = [](const Json& doc) -> std::vector<std::string> { return {doc.at("sol1"), doc.at("sol2")}; };
  spec.target = [](const Json& doc) { return doc.at("label"); };
  spec.metrics = {{"acc"}, {"acc_norm"}};
  return make_configured_task(std::move(spec));
}

}  // namespace fp8bench
