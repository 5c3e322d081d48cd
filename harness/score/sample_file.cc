#include "harness/score/sample_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <set>

#include "datasets/eval/eval_tasks.h"
#include "harness/io/error.h"
#include "harness/io/json_fields.h"
#include "harness/io/strict_json.h"

namespace fp8bench {
namespace {

using nlohmann::json;

// What lm-eval writes beside the metrics.
const std::set<std::string>& known_keys() {
  static const std::set<std::string> keys = {"doc_id",         "doc",    "target",  "arguments", "resps",
                                             "filtered_resps", "filter", "metrics", "doc_hash",  "prompt_hash",
                                             "target_hash",    "task"};
  return keys;
}

// A number, a truth value, or the text that Python made of either.
std::optional<double> number_of(const json& value) {
  if (value.is_number()) return value.get<double>();
  if (value.is_boolean()) return value.get<bool>() ? 1 : 0;
  if (!value.is_string()) return std::nullopt;
  const std::string text = value.get<std::string>();
  if (text == "True" || text == "False") return text == "True" ? 1 : 0;
  char* end = nullptr;
  const double parsed = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') return std::nullopt;
  return parsed;
}

std::optional<std::vector<double>> numbers_of(const json& value) {
  if (!value.is_array()) {
    const auto one = number_of(value);
    if (!one) return std::nullopt;
    return std::vector<double>{*one};
  }
  std::vector<double> out;
  for (const json& part : value) {
    const auto one = number_of(part);
    if (!one || part.is_string()) return std::nullopt;
    out.push_back(*one);
  }
  return out;
}

bool is_truth_value(const json& value) { return value.is_boolean() || value == "True" || value == "False"; }

double code_points(const std::string& text) {
  return static_cast<double>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; }));
}

// [[ll, is_greedy], ...]; empty for other tasks.
std::vector<double> choices_of(const json& responses) {
  std::vector<double> out;
  if (!responses.is_array()) return out;
  for (const json& one : responses) {
    if (!one.is_array() || one.size() != 2) return {};
    const auto likelihood = number_of(one[0]);
    if (!likelihood || !is_truth_value(one[1])) return {};
    out.push_back(*likelihood);
  }
  return out;
}

// [["text", ...]]; nothing for other tasks.
std::optional<double> length_of(const json& responses) {
  if (!responses.is_array() || responses.empty()) return std::nullopt;
  double length = 0;
  for (const json& one : responses) {
    if (!one.is_array()) return std::nullopt;
    for (const json& text : one) {
      if (!text.is_string()) return std::nullopt;
      length += code_points(text.get<std::string>());
    }
  }
  return length;
}

std::string text_of(const json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

// asked: the key that a user named, which must be there; "": the task's own, where the document has it.
std::string cluster_of(const json& sample, const std::string& asked, const std::string& task,
                       const JsonFields& fields) {
  const EvalTaskInfo* info = asked.empty() ? find_eval_task(task) : nullptr;
  const std::string& key = info != nullptr ? info->cluster_key : asked;
  if (key.empty()) return "";
  const json* doc = sample.contains("doc") && sample["doc"].is_object() ? &sample["doc"] : nullptr;
  if (asked.empty() && (doc == nullptr || !doc->contains(key))) return "";
  if (doc != nullptr && doc->contains(key)) return text_of((*doc)[key]);
  if (sample.contains(key)) return text_of(sample[key]);
  std::string there;
  if (doc != nullptr)
    for (const auto& [name, value] : doc->items()) there += (there.empty() ? "" : ", ") + name;
  fields.fail(key,
              doc == nullptr ? "the --cluster key in \"doc\", which this file has not"
                             : fmt::format("the --cluster key in \"doc\" (there: {})", there),
              nullptr);
}

void read_metrics(const json& sample, SampleRow& row) {
  std::vector<std::string> names;
  if (sample.contains("metrics") && sample["metrics"].is_array()) {
    for (const json& name : sample["metrics"])
      if (name.is_string() && sample.contains(name.get<std::string>())) names.push_back(name.get<std::string>());
  } else {
    for (const auto& [name, value] : sample.items())
      if (known_keys().count(name) == 0) names.push_back(name);
  }
  for (const std::string& name : names)
    if (auto numbers = numbers_of(sample[name])) row.metrics[name] = std::move(*numbers);
}

SampleRow row_of(const json& sample, const std::string& where, int64_t line, const std::string& cluster,
                 const std::string& file_task) {
  JsonFields fields(sample, where, "");
  SampleRow row;
  row.line = line;
  row.doc_id = fields.integer("doc_id", 0, int64_t{1} << 53);
  row.filter = fields.text_or("filter", "none");
  row.doc_hash = fields.text_or("doc_hash", "");
  row.prompt_hash = fields.text_or("prompt_hash", "");
  row.target_hash = fields.text_or("target_hash", "");
  read_metrics(sample, row);
  row.task = fields.text_or("task", "");
  row.cluster = cluster_of(sample, cluster, row.task.empty() ? file_task : row.task, fields);
  if (const json* filtered = fields.find("filtered_resps")) row.choices = choices_of(*filtered);
  // Unconditional log-likelihoods follow the conditional ones.
  if (row.metrics.count("acc_mutual_info") > 0 && row.choices.size() % 2 == 0)
    row.choices.resize(row.choices.size() / 2);
  const bool rolling = std::any_of(row.metrics.begin(), row.metrics.end(), [](const auto& metric) {
    return metric.first.find("_perplexity") != std::string::npos;
  });
  if (const json* responses = fields.find("resps"); responses != nullptr && row.choices.empty() && !rolling)
    row.length = length_of(*responses);
  if (const json* target = fields.find("target")) {
    const auto index = number_of(*target);
    if (index && *index == std::floor(*index) && *index >= 0 && *index < static_cast<double>(row.choices.size()))
      row.target = static_cast<int64_t>(*index);
  }
  if (row.choices.size() == 1) row.target = 0;  // a single continuation is the right one
  return row;
}

}  // namespace

std::string task_of_samples(const std::filesystem::path& path) {
  static const std::regex pattern(R"(samples_(.+?)(_\d{4}-\d{2}-\d{2}T[0-9.\-]+)?)");
  const std::string stem = path.stem().string();
  std::smatch match;
  return std::regex_match(stem, match, pattern) ? match[1].str() : stem;
}

SampleFile parse_samples(std::istream& in, const std::filesystem::path& path, const std::string& cluster) {
  SampleFile out{path.string(), task_of_samples(path), {}};
  int64_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::string where = fmt::format("{} line {}", path.string(), number);
    out.rows.push_back(row_of(parse_strict_json(line, where), where, number, cluster, out.task));
  }
  if (out.rows.empty()) throw InputError(fmt::format("{}: expected samples, found no line", path.string()));
  return out;
}

SampleFile read_samples(const std::filesystem::path& path, const std::string& cluster) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw InputError(fmt::format("{}: expected a file of samples, cannot open it", path.string()));
  return parse_samples(in, path, cluster);
}

std::vector<SampleFile> split_by_task(SampleFile file) {
  std::vector<SampleFile> out;
  for (SampleRow& row : file.rows) {
    const std::string& task = row.task.empty() ? file.task : row.task;
    auto at = std::find_if(out.begin(), out.end(), [&](const SampleFile& one) { return one.task == task; });
    if (at == out.end()) at = out.insert(out.end(), SampleFile{file.path, task, {}});
    at->rows.push_back(std::move(row));
  }
  return out;
}

std::map<std::string, std::filesystem::path> find_samples(const std::filesystem::path& file_or_folder) {
  namespace fs = std::filesystem;
  if (!fs::is_directory(file_or_folder)) return {{task_of_samples(file_or_folder), file_or_folder}};
  std::map<std::string, fs::path> out;
  for (const auto& entry : fs::recursive_directory_iterator(file_or_folder)) {
    if (!entry.is_regular_file() || entry.path().extension() != ".jsonl") continue;
    fs::path& kept = out[task_of_samples(entry.path())];
    // The date is the end of the name and sorts as text.
    if (kept.empty() || kept.filename() < entry.path().filename()) kept = entry.path();
  }
  if (out.empty())
    throw InputError(fmt::format("{}: expected samples_TASK_DATE.jsonl files (lm-eval --log_samples), found none",
                                 file_or_folder.string()));
  return out;
}

}  // namespace fp8bench
