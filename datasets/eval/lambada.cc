// LAMBADA (Paperno et al. 2016): the last word of a passage, given the rest. lambada_openai is OpenAI's form of the
// text, lambada_standard the authors'.
#include <fmt/core.h>

#include "datasets/eval/configured_task.h"
#include "datasets/eval/families.h"
#include "datasets/task.h"

namespace fp8bench {
namespace {

using Json = nlohmann::ordered_json;

std::vector<Json> lambada_documents(const std::filesystem::path& path) {
  if (path.extension() == ".jsonl")
    return map_json_lines(path, [](const Json& record) -> Json {
      return {{"text", record.at("text").get_ref<const std::string&>()}};
    });
  std::vector<Json> documents;
  for (const std::string& line : read_data_lines(path)) documents.push_back({{"text", line}});
  return documents;
}

}  // namespace

std::unique_ptr<EvalTask> make_lambada(const EvalTaskInfo& info) {
  const auto read = [file = info.files.at(0)](const std::string& data) {
    return lambada_documents(find_data_file(data, file));
  };
  TaskSpec spec;
  spec.output = OutputType::kLogLikelihood;
  spec.documents = read;
  spec.shots = read;  // lm-eval has no other split and does not keep the document itself out
  spec.shots_from = info.files.at(0).paths.front();
  spec.text = [](const Json& doc) {
    const auto& text = doc.at("text").get_ref<const std::string&>();
    const size_t space = text.rfind(' ');
    return space == std::string::npos ? std::string() : text.substr(0, space);
  };
  spec.target = [](const Json& doc) -> Json {
    const auto& text = doc.at("text").get_ref<const std::string&>();
    return fmt::format(" {}", std::string_view(text).substr(text.rfind(' ') + 1));  // npos + 1 is 0: the only word
  };
  spec.metrics = {{"perplexity", Aggregation::kPerplexity, false}, {"acc"}};
  return make_configured_task(std::move(spec));
}

}  // namespace fp8bench
