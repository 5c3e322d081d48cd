// BoolQ (Clark et al. 2019): a yes/no question after a passage. As in SuperGLUE, the passage carries its title.
#include <fmt/core.h>

#include "datasets/eval/configured_task.h"
#include "datasets/eval/families.h"

namespace fp8bench {
namespace {

using Json = nlohmann::ordered_json;

Json boolq_document(const Json& record) {
  return {{"question", record.at("question")},
          {"passage", fmt::format("{} -- {}", record.at("title").get_ref<const std::string&>(),
                                  record.at("passage").get_ref<const std::string&>())},
          {"label", record.at("answer").get<bool>() ? 1 : 0}};
}

}  // namespace

std::unique_ptr<EvalTask> make_boolq(const EvalTaskInfo& info) {
  const auto read = [](const DataFile& file) {
    return [file](const std::string& data) { return map_json_lines(find_data_file(data, file), boolq_document); };
  };
  TaskSpec spec;
  spec.documents = read(info.files.at(0));
  spec.shots = read(info.shot_files.at(0));
  spec.shots_from = info.shot_files.at(0).paths.front();
  spec.exclude_document = true;
  spec.text = [](const Json& doc) {
    return fmt::format("{}\nQuestion: {}?\nAnswer:", doc.at("passage").get_ref<const std::string&>(),
                       doc.at("question").get_ref<const std::string&>());
  };
  spec.choices = [](const Json&) -> std::vector<std::string> { return {"no", "yes"}; };
  spec.target = [](const Json& doc) { return doc.at("label"); };
  spec.metrics = {{"acc"}};
  return make_configured_task(std::move(spec));
}

}  // namespace fp8bench
