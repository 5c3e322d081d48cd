// MMLU (Hendrycks et al. 2021): 57 subjects, four choices, the answer is a letter. Berkeley's CSV files.
#include <fmt/core.h>

#include "datasets/eval/configured_task.h"
#include "datasets/eval/families.h"
#include "datasets/eval/python_text.h"
#include "datasets/task.h"

namespace fp8bench {
namespace {

using Json = nlohmann::ordered_json;

std::vector<Json> mmlu_documents(const std::filesystem::path& path, const std::string& subject) {
  std::vector<Json> documents;
  for (const std::vector<std::string>& row : read_csv(path)) {
    const size_t answer =
        row.size() == 6 && row[5].size() == 1 ? std::string_view("ABCD").find(row[5]) : std::string::npos;
    if (answer == std::string::npos)
      throw DatasetError(fmt::format(
          "{}: row {}: expected a question, four choices and a letter of A to D, found {} fields{}", path.string(),
          documents.size() + 1, row.size(), row.size() == 6 ? fmt::format(" and '{}'", row[5]) : ""));
    documents.push_back({{"question", row[0]},
                         {"subject", subject},
                         {"choices", std::vector<std::string>(row.begin() + 1, row.begin() + 5)},
                         {"answer", answer}});
  }
  return documents;
}

}  // namespace

std::unique_ptr<EvalTask> make_mmlu(const EvalTaskInfo& info) {
  const std::string subject = info.name.substr(std::string_view("mmlu_").size());
  const auto read = [subject](const DataFile& file) {
    return [file, subject](const std::string& data) { return mmlu_documents(find_data_file(data, file), subject); };
  };
  TaskSpec spec;
  spec.documents = read(info.files.at(0));
  spec.shots = read(info.shot_files.at(0));
  spec.shots_from = info.shot_files.at(0).paths.front();
  spec.shot_order = ShotOrder::kFirst;
  spec.description = fmt::format("The following are multiple choice questions (with answers) about {}.\n\n",
                                 python_replace(subject, "_", " "));
  spec.text = [](const Json& doc) {
    const Json& choices = doc.at("choices");
    const auto choice = [&](size_t i) -> const std::string& { return choices.at(i).get_ref<const std::string&>(); };
    return fmt::format(
        "{}\nA. {}\nB. {}\nC. {}\nD. {}\nAnswer:", python_strip(doc.at("question").get_ref<const std::string&>()),
        choice(0), choice(1), choice(2), choice(3));
  };
  spec.choices = [](const Json&) -> std::vector<std::string> { return {"A", "B", "C", "D"}; };
  spec.target = [](const Json& doc) { return doc.at("answer"); };
  spec.metrics = {{"acc"}};
  return make_configured_task(std::move(spec));
}

}  // namespace fp8bench
