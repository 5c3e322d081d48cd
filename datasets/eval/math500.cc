// MATH-500 (Hendrycks et al. 2021; the 500 problems of Lightman et al. 2023), graded by normalised string equivalence.
#include <fmt/core.h>

#include <stdexcept>

#include "datasets/eval/configured_task.h"
#include "datasets/eval/families.h"
#include "datasets/eval/math_answer.h"

namespace fp8bench {
namespace {

using Json = nlohmann::ordered_json;

// The record's own answer is replaced by what its solution puts in a box.
Json math_document(const Json& record) {
  const std::optional<std::string> answer = boxed_answer(record.at("solution").get_ref<const std::string&>());
  if (!answer) throw std::invalid_argument("solution: expected an answer in \\boxed{}, found none");
  Json document = record;
  document.at("problem").get_ref<const std::string&>();
  document["answer"] = *answer;
  return document;
}

}  // namespace

std::unique_ptr<EvalTask> make_math500(const EvalTaskInfo& info) {
  const auto read = [file = info.files.at(0)](const std::string& data) {
    return map_json_lines(find_data_file(data, file), math_document);
  };
  TaskSpec spec;
  spec.output = OutputType::kGenerateUntil;
  spec.documents = read;
  spec.shots = read;  // lm-eval has no other split and does not keep the document itself out
  spec.shots_from = info.files.at(0).paths.front();
  spec.text = [](const Json& doc) {
    return fmt::format("Problem: {}\nAnswer:", doc.at("problem").get_ref<const std::string&>());
  };
  spec.target = [](const Json& doc) { return doc.at("answer"); };
  spec.until = {"Problem:"};
  spec.settings = {{"until", spec.until}, {"do_sample", false}, {"temperature", 0.0}};
  spec.metrics = {{"exact_match"}};
  spec.process = [](const Json& doc, std::span<const Response> responses) -> Json {
    const bool right = math_equivalent(answer_of_text(responses[0].text), doc.at("answer").get<std::string>());
    return {{"exact_match", right ? 1 : 0}};
  };
  return make_configured_task(std::move(spec));
}

}  // namespace fp8bench
