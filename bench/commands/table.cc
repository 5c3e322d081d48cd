// `fp8bench table RECORD`: the release table of a record of the main job, as Markdown. With --readme FILE it replaces
// what stands between the markers there, so that no figure of the README is ever typed.
#include "harness/report/table.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <vector>

#include "bench/cases/case_report.h"
#include "bench/cases/engine_report.h"
#include "bench/commands/command.h"
#include "harness/io/error.h"
#include "harness/io/text_file.h"
#include "harness/report/record.h"

namespace fp8bench {
namespace {

using nlohmann::json;

constexpr const char* kBegin = "<!-- generated: fp8bench table -->\n";
constexpr const char* kEnd = "<!-- end of generated -->";

std::string percent(double ratio) { return fmt::format("{:.2f} %", 100 * ratio); }

// Over the draws of the rounding floor.
double mean_of(const json& draws, const char* key) {
  double sum = 0.0;
  for (const json& draw : draws) sum += draw.at(key).get<double>();
  return draws.empty() ? 0.0 : sum / static_cast<double>(draws.size());
}

// "1.52x at 1 token, ..." from the whole-layer rows.
std::string layer_speed(const json& run) {
  std::string text;
  for (const json& row : run.at("kernels"))
    if (row.at("op") == "whole MoE layer" && row.at("status") == "ok")
      text += fmt::format("{}{:.2f}x at {}", text.empty() ? "" : ", ", row.at("ratio").at(0).get<double>(),
                          row.at("tokens").get<int>());
  return text.empty() ? "not measured" : text;
}

Table release_table(const json& content, const json& run) {
  Table table{{"what FP8 costs and buys", run.at("bf16").get<std::string>()}, {}};
  const json& checkpoint = content.at("checkpoint");
  const double ratio = checkpoint.at("fp8_bytes").get<double>() / checkpoint.at("bf16_bytes").get<double>();
  table.add({"size, FP8 / BF16", percent(ratio)});
  table.add({"MoE layer at 26B-A4B's shapes, BF16 time / FP8 time (tokens)", layer_speed(run)});
  if (content.contains("quality")) {
    const json& divergence = content.at("quality").at("divergence");
    const auto row = [&](const char* what, const char* key) {
      const json& d = divergence.at(key);
      table.add({what, fmt::format("{} [{}, {}] nats; top-1 {}; PPL ratio {:.4f}",
                                   significant(d.at("kld").at("mean").at("value").get<double>()),
                                   significant(d.at("kld_interval95").at(0).get<double>()),
                                   significant(d.at("kld_interval95").at(1).get<double>()),
                                   percent(d.at("same_top").at("value").get<double>()),
                                   d.at("ppl_ratio").at("value").get<double>())});
    };
    row("KLD, FP8 against BF16", "fp8");
    row("KLD, FP8 with FP8 KV cache", "fp8_kv8");
    row("KLD, BF16 against itself in another batch shape", "a_a");
    const json& floor = content.at("quality").at("rounding_floor");
    table.add({"rounding floor: KLD, FP8 against FP8 nudged by one ulp",
               significant(floor.at("kld_mean").at("mean").get<double>()) + " nats"});
  }
  if (content.contains("tasks")) {
    const json& pooled = content.at("tasks").at("pooled");
    table.add(
        {fmt::format("task accuracy, {} paired items", pooled.at("pairs").at("n").get<int>()),
         fmt::format(
             "{} -> {}; flips -{} +{} (floor -{:.1f} +{:.1f}); McNemar p {:.2g}",
             percent(pooled.at("bf16_accuracy").get<double>()), percent(pooled.at("fp8_accuracy").get<double>()),
             pooled.at("pairs").at("right_to_wrong").get<int>(), pooled.at("pairs").at("wrong_to_right").get<int>(),
             mean_of(pooled.at("floor_pairs"), "right_to_wrong"), mean_of(pooled.at("floor_pairs"), "wrong_to_right"),
             pooled.at("mcnemar_p_two_sided").get<double>())});
  }
  table.add({"verdict", content.at("verdict").at("line").get<std::string>()});
  return table;
}

// One row a record: what the quality stages measured, and who saw the fault.
std::vector<std::string> fault_row(const json& content) {
  const json& verdict = content.at("verdict");
  std::vector<std::string> row = {content.at("fault").get<std::string>(),
                                  std::to_string(verdict.at("exit").get<int>())};
  if (row[0].empty()) row[0] = "none";
  if (content.contains("quality")) {
    const json& fp8 = content.at("quality").at("divergence").at("fp8");
    row.push_back(significant(fp8.at("kld").at("mean").at("value").get<double>()));
    row.push_back(fmt::format("{:.2f}", 100 * fp8.at("same_top").at("value").get<double>()));
    row.push_back(fmt::format("{:.1f}", 100 * content.at("quality").at("router_mean").at("exact_set").get<double>()));
  } else {
    row.insert(row.end(), {"refused", "refused", "refused"});
  }
  if (content.contains("tasks")) {
    const json& pooled = content.at("tasks").at("pooled");
    row.push_back(fmt::format("-{}+{}", pooled.at("pairs").at("right_to_wrong").get<int>(),
                              pooled.at("pairs").at("wrong_to_right").get<int>()));
    row.push_back(fmt::format("{:+.3f}", pooled.at("gold_logprob").at("mean").get<double>()));
    row.push_back(fmt::format("{:+.1f}", pooled.at("gold_logprob").at("z").get<double>()));
  } else {
    row.insert(row.end(), {"refused", "refused", "refused"});
  }
  std::string detectors;
  for (const json& detector : verdict.at("detected_by"))
    detectors += (detectors.empty() ? "" : ", ") + detector.get<std::string>();
  row.push_back(detectors.empty() ? "nobody" : detectors);
  return row;
}

std::string fault_table(const std::vector<Record>& records) {
  Table table{{"fault", "exit", "KLD mean", "top-1 %", "same experts %", "flips", "gold nats", "z", "detected by"}, {}};
  for (const Record& record : records) table.add(fault_row(record.content));
  return markdown_table(table);
}

std::string table_text(const Record& record) {
  const json& machine = record.run.at("machine");
  return markdown_table(release_table(record.content, record.run)) +
         fmt::format("\nMeasured on {}, {} threads, {}; policy {}; fp8bench {} ({}); `{}`\n",
                     machine.at("cpu").get<std::string>(), machine.at("threads").get<int>(),
                     machine.at("isa").get<std::string>(), record.content.at("policy").get<std::string>(),
                     machine.at("version").get<std::string>(), machine.at("revision").get<std::string>(),
                     record.run.at("command").get<std::string>());
}

std::string tables_of(const Record& record) {
  if (record.content.at("suite") != "e2e") return markdown_table(case_table(record.run));
  std::string text = markdown_table(engine_table(record.run));
  if (record.run.contains("policies")) text += "\n" + markdown_table(policy_table(record.run));
  return text + "\n" + engine_notes(record.run);
}

// Records of measured cases: their tables one after the other.
std::string case_tables(const std::vector<Record>& records) {
  std::string text;
  for (const Record& record : records)
    text += fmt::format("{}### {}\n\n{}\n{}", text.empty() ? "" : "\n", record.content.at("suite").get<std::string>(),
                        tables_of(record), case_notes(record.run));
  return text;
}

bool holds_cases(const Record& record) { return record.run.contains("rows"); }

void replace_between_markers(const std::string& file, const std::string& text) {
  std::string page = read_text_file(file);
  const size_t begin = page.find(kBegin), end = page.find(kEnd);
  if (begin == std::string::npos || end == std::string::npos || end < begin)
    throw InputError(fmt::format("{}: expected the lines \"{}\" and \"{}\", found none", file,
                                 std::string(kBegin, std::char_traits<char>::length(kBegin) - 1), kEnd));
  const size_t from = begin + std::char_traits<char>::length(kBegin);
  page.replace(from, end - from, text);
  write_file_atomically(file, page);
}

}  // namespace

std::function<int()> add_table_command(CLI::App& app, const CommonOptions&) {
  auto files = std::make_shared<std::vector<std::string>>();
  auto readme = std::make_shared<std::string>();
  app.add_option("RECORD", *files,
                 "records (--json FILE): of the main job, one: the release table, several: a row each; of other "
                 "suites: their tables")
      ->required();
  app.add_option("--readme", *readme, "replace what stands between the markers of this Markdown file; default: print");
  return [files, readme] {
    std::string text;
    std::string at;
    try {
      std::vector<Record> records;
      for (const std::string& file : *files) records.push_back(read_record(at = file));
      if (std::all_of(records.begin(), records.end(), holds_cases))
        text = case_tables(records);
      else
        text = records.size() == 1 ? table_text(records.front()) : fault_table(records);
    } catch (const nlohmann::json::exception& error) {
      throw InputError(fmt::format("{}: expected a record of the main job: {}", at, error.what()));
    }
    if (readme->empty())
      std::fputs(text.c_str(), stdout);
    else
      replace_between_markers(*readme, text);
    return static_cast<int>(kExitPass);
  };
}

}  // namespace fp8bench
