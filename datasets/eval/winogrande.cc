// WinoGrande (Sakaguchi et al. 2019) by partial evaluation (Trinh and Le 2018): each option is put in the blank, and
// what follows the blank is scored after it.
#include <fmt/core.h>

#include "datasets/eval/configured_task.h"
#include "datasets/eval/families.h"
#include "datasets/eval/python_text.h"

namespace fp8bench {
namespace {

using Json = nlohmann::ordered_json;

Json winogrande_document(const Json& record) {
  const auto& sentence = record.at("sentence").get_ref<const std::string&>();
  if (sentence.find('_') == std::string::npos)
    throw std::invalid_argument(fmt::format("sentence: expected a blank '_', found '{}'", sentence));
  if (record.at("answer") != "1" && record.at("answer") != "2")
    throw std::invalid_argument(fmt::format("answer: expected \"1\" or \"2\", found {}", record.at("answer").dump()));
  return {{"sentence", sentence},
          {"option1", record.at("option1")},
          {"option2", record.at("option2")},
          {"answer", record.at("answer")}};
}

}  // namespace

std::unique_ptr<EvalTask> make_winogrande(const EvalTaskInfo& info) {
  const auto read = [](const DataFile& file) {
    return [file](const std::string& data) { return map_json_lines(find_data_file(data, file), winogrande_document); };
  };
  TaskSpec spec;
  spec.documents = read(info.files.at(0));
  spec.shots = read(info.shot_files.at(0));
  spec.shots_from = info.shot_files.at(0).paths.front();
  spec.exclude_document = true;
  spec.choices = [](const Json& doc) -> std::vector<std::string> {
    const auto& sentence = doc.at("sentence").get_ref<const std::string&>();
    const std::string before = sentence.substr(0, sentence.find('_'));
    return {before + doc.at("option1").get<std::string>(), before + doc.at("option2").get<std::string>()};
  };
  spec.target = [](const Json& doc) -> Json {
    const auto& sentence = doc.at("sentence").get_ref<const std::string&>();
    return python_strip(std::string_view(sentence).substr(sentence.find('_') + 1));
  };
  spec.chosen_input = [](const Json& doc) -> int64_t { return doc.at("answer") == "2" ? 1 : 0; };
  spec.metrics = {{"acc"}};
  return make_configured_task(std::move(spec));
}

}  // namespace fp8bench
