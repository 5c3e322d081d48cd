// GSM8K (Cobbe et al. 2021): the model writes its working; the number at its end is compared.
#include <fmt/core.h>

#include "datasets/eval/configured_task.h"
#include "datasets/eval/families.h"

namespace fp8bench {
namespace {

using Json = nlohmann::ordered_json;

Json gsm8k_document(const Json& record) {
  return {{"question", record.at("question")}, {"answer", record.at("answer")}};
}

}  // namespace

std::unique_ptr<EvalTask> make_gsm8k(const EvalTaskInfo& info) {
  const auto read = [](const DataFile& file) {
    return [file](const std::string& data) { return map_json_lines(find_data_file(data, file), gsm8k_document); };
  };
  TaskSpec spec;
  spec.output = OutputType::kGenerateUntil;
  spec.documents = read(info.files.at(0));
  spec.shots = read(info.shot_files.at(0));
  spec.shots_from = info.shot_files.at(0).paths.front();
  spec.default_shots = info.default_shots;
  spec.text = [](const Json& doc) {
    return fmt::format("Question: {}\nAnswer:", doc.at("question").get_ref<const std::string&>());
  };
  spec.target = [](const Json& doc) { return doc.at("answer"); };
  spec.until = {"Question:", "</s>", "<|im_end|>"};
  spec.settings = {{"until", spec.until}, {"do_sample", false}, {"temperature", 0.0}};
  spec.filters = {
      {"strict-match", std::make_shared<TextRegex>(R"(#### (\-?[0-9\.\,]+))"), false},
      {"flexible-extract", std::make_shared<TextRegex>(R"((-?[$0-9.,]{2,})|(-?[0-9]+))"), true},
  };
  const auto exact = std::make_shared<ExactMatch>();
  for (const char* pattern : {",", "\\$", "(?s).*#### ", "\\.$"}) exact->ignore.emplace_back(pattern);
  exact->ignore_case = true;
  spec.exact = exact;
  spec.metrics = {{"exact_match"}};
  return make_configured_task(std::move(spec));
}

}  // namespace fp8bench
