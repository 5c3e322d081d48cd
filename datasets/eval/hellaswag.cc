// HellaSwag (Zellers et al. 2019): which of four endings follows. "hellaswag" reads the authors' records and cleans
// them as lm-eval does; "hellaswag_preprocessed" reads the public text file of six lines an item (context, index of the
// right ending, four endings), whose cleaning is another, and is therefore a task of its own name.
#include <fmt/core.h>

#include "datasets/eval/configured_task.h"
#include "datasets/eval/families.h"
#include "datasets/eval/python_text.h"
#include "datasets/task.h"

namespace fp8bench {
namespace {

using Json = nlohmann::ordered_json;

// What WikiHow left in brackets goes: strip, " [title]" -> ". ", "[...]" -> "", two spaces -> one.
std::string cleaned(const std::string& raw) {
  const std::string text = python_replace(python_strip(raw), " [title]", ". ");
  std::string out;
  size_t at = 0;
  for (size_t begin = text.find('['); begin != std::string::npos; begin = text.find('[', begin)) {
    const size_t end = text.find_first_of("]\n", begin);  // "." of re does not match a line's end
    if (end == std::string::npos) break;
    if (text[end] == '\n') {
      begin = end;
      continue;
    }
    out.append(text, at, begin - at);
    at = begin = end + 1;
  }
  return python_replace(out + text.substr(at), "  ", " ");
}

// The columns of the hub's data set, with what lm-eval adds to them.
Json hellaswag_document(const Json& record) {
  const Json& label = record.at("label");
  const std::string gold = label.is_string() ? label.get<std::string>() : std::to_string(label.get<int>());
  if (gold.size() != 1 || gold[0] < '0' || gold[0] > '3' || record.at("endings").size() != 4)
    throw std::invalid_argument("label, endings: expected 0 to 3 and four endings");
  Json choices = Json::array();
  for (const Json& ending : record.at("endings")) choices.push_back(cleaned(ending));
  const std::string query = fmt::format("{}: {} {}", record.at("activity_label").get_ref<const std::string&>(),
                                        record.at("ctx_a").get_ref<const std::string&>(),
                                        python_capitalize(record.at("ctx_b").get<std::string>()));
  return {{"ind", record.at("ind")},
          {"activity_label", record.at("activity_label")},
          {"ctx_a", record.at("ctx_a")},
          {"ctx_b", record.at("ctx_b")},
          {"ctx", record.at("ctx")},
          {"endings", record.at("endings")},
          {"source_id", record.at("source_id")},
          {"split", record.at("split")},
          {"split_type", record.at("split_type")},
          {"label", gold},
          {"query", cleaned(query)},
          {"choices", choices},
          {"gold", gold[0] - '0'}};
}

std::vector<Json> preprocessed_documents(const std::filesystem::path& path) {
  const std::vector<std::string> lines = read_data_lines(path);
  if (lines.empty() || lines.size() % 6 != 0)
    throw DatasetError(fmt::format("{}: expected six lines an item, found {} lines", path.string(), lines.size()));
  std::vector<Json> documents;
  for (size_t at = 0; at < lines.size(); at += 6) {
    const std::string gold = python_strip(lines[at + 1]);
    if (gold.size() != 1 || gold[0] < '0' || gold[0] > '3')
      throw DatasetError(fmt::format("{}:{}: expected the index of an ending, 0 to 3, found '{}'", path.string(),
                                     at + 2, lines[at + 1]));
    documents.push_back({{"query", lines[at]},
                         {"choices", {lines[at + 2], lines[at + 3], lines[at + 4], lines[at + 5]}},
                         {"gold", gold[0] - '0'}});
  }
  return documents;
}

void set_prompt(TaskSpec& spec) {
  spec.text = [](const Json& doc) { return doc.at("query").get<std::string>(); };
  spec.choices = [](const Json& doc) { return doc.at("choices").get<std::vector<std::string>>(); };
  spec.target = [](const Json& doc) { return doc.at("gold"); };
  spec.metrics = {{"acc"}, {"acc_norm"}};
}

}  // namespace

std::unique_ptr<EvalTask> make_hellaswag(const EvalTaskInfo& info) {
  const auto read = [](const DataFile& file) {
    return [file](const std::string& data) { return map_json_lines(find_data_file(data, file), hellaswag_document); };
  };
  TaskSpec spec;
  spec.documents = read(info.files.at(0));
  spec.shots = read(info.shot_files.at(0));
  spec.shots_from = info.shot_files.at(0).paths.front();
  spec.exclude_document = true;
  set_prompt(spec);
  return make_configured_task(std::move(spec));
}

std::unique_ptr<EvalTask> make_hellaswag_preprocessed(const EvalTaskInfo& info) {
  TaskSpec spec;
  spec.documents = [file = info.files.at(0)](const std::string& data) {
    return preprocessed_documents(find_data_file(data, file));
  };
  spec.shots = spec.documents;  // the file has no other split
  spec.shots_from = info.files.at(0).paths.front();
  spec.exclude_document = true;
  set_prompt(spec);
  return make_configured_task(std::move(spec));
}

}  // namespace fp8bench
