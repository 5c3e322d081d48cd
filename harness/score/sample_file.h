// Sample files of lm-eval (--log_samples, one JSON object a line), whichever engine answered. What the pairing needs is
// kept, prompts and documents are not: few-shot prompts of a large task are hundreds of megabytes.
//
// Both shapes are read: the harness's own files (arguments as {"gen_args_0": ...}, responses and targets turned into
// strings, a list "metrics") and the plain shape with lists and numbers.
#pragma once
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fp8bench {

struct SampleRow {
  int64_t line = 0;  // from 1
  int64_t doc_id = 0;
  std::string filter;
  std::string doc_hash, prompt_hash, target_hash;      // empty: the file has none
  std::map<std::string, std::vector<double>> metrics;  // a number is a list of one; [log-likelihood, words] are two
  std::vector<double> choices;                         // multiple choice: log-likelihood of every answer, nats
  int64_t target = -1;                                 // index of the right answer where the file gives one
  std::optional<double> length;                        // generated text, Unicode code points over all repeats
  std::string task;                                    // as the line names it (fp8bench eval does); empty: it does not
  std::string cluster;                                 // value of the asked key, or of the task's own cluster_key
};

struct SampleFile {
  std::string path, task;  // task: from samples_TASK_DATE.jsonl, else the file's stem
  std::vector<SampleRow> rows;
};

// cluster: key in "doc" (else at the top) whose value joins items that are not independent; "": the task's own
// (EvalTaskInfo::cluster_key, where the document has it), else none. Throws InputError with file, line, key, expected
// and found; an absent cluster key lists those that are there.
SampleFile read_samples(const std::filesystem::path& path, const std::string& cluster = "");
// The same of text that is at hand; path: its name in messages, and of the task.
SampleFile parse_samples(std::istream& in, const std::filesystem::path& path, const std::string& cluster = "");
// One file a task, in the order in which its lines name them; lines that name none belong to the file's.
std::vector<SampleFile> split_by_task(SampleFile file);

// The sample files of a folder and its subfolders by task: samples_TASK_DATE.jsonl, of several dates the latest; other
// *.jsonl by their stem. A file stands for itself. Throws InputError if there is none.
std::map<std::string, std::filesystem::path> find_samples(const std::filesystem::path& file_or_folder);
// "arc_easy" of "samples_arc_easy_2026-11-24T10-00-00.123456.jsonl", with or without date; otherwise the stem.
std::string task_of_samples(const std::filesystem::path& path);

}  // namespace fp8bench
