// fp8bench --suite attribution: which part of the model pays for FP8? FP8 in one part at a time, everything else BF16,
// in one lock-step pass; then whether the parts add up to the whole.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <memory>

#include "bench/comparison/checkpoint_pair.h"
#include "bench/comparison/divergence_json.h"
#include "bench/comparison/scored_text.h"
#include "bench/suites/suite.h"
#include "harness/engine/head.h"
#include "harness/io/error.h"
#include "harness/io/text_file.h"
#include "harness/measure/environment_json.h"
#include "harness/report/progress.h"
#include "harness/report/record.h"
#include "harness/report/table.h"
#include "harness/score/divergence_summary.h"
#include "harness/score/module_swap.h"
#include "harness/score/score_head.h"

namespace fp8bench {
namespace {

using nlohmann::json;

struct Options {
  PairOptions checkpoints;
  TextOptions text;
  std::string policy = "f32", markdown;
  std::vector<std::string> groups = {"class", "all_but", "layer", "kv"};
  bool runs(const std::string& group) const { return std::find(groups.begin(), groups.end(), group) != groups.end(); }
};

struct Row {
  std::string key, group;
  std::vector<TokenDivergence> tokens;
  DivergenceSummary summary;
};

constexpr size_t kBf16 = 0;  // the reference, in front of the rows' runs

struct Plan {
  std::vector<RunSpec> runs;  // kBf16, then one per row
  std::vector<Row> rows;      // the first is the whole
  void add(const std::string& key, const std::string& group, std::shared_ptr<const Model> model,
           const EngineOptions& options) {
    runs.push_back({key, std::move(model), options, -1});
    rows.push_back({key, group, {}, {}});
  }
};

Plan make_plan(const Options& options, const CheckpointPair& pair) {
  EngineOptions engine;
  engine.policy = *parse_policy(options.policy);
  EngineOptions fp8_kv = engine;
  fp8_kv.kv = KvDType::kF8E4M3;
  const auto bf16 = std::make_shared<Model>(open_checkpoint(pair.bf16));
  const auto fp8 = std::make_shared<Model>(open_checkpoint(pair.fp8));
  Plan plan;
  plan.runs.push_back({"bf16", bf16, engine, -1});
  plan.add("everything", "whole", fp8, engine);
  for (const SwapPart& part : swap_parts(*pair.fp8))
    if (options.runs(part.group))
      plan.add(part.key, part.group,
               std::make_shared<Model>(open_checkpoint(partly_quantized(pair.bf16, pair.fp8, part.key, part.in_fp8))),
               engine);
  if (options.runs("kv")) {
    plan.add("KV cache only", "kv", bf16, fp8_kv);
    plan.add("everything and KV cache", "kv", fp8, fp8_kv);
  }
  return plan;
}

void score(Plan& plan, const Batch& batch, uint64_t seed, Progress& progress) {
  const auto hidden =
      run_lockstep(plan.runs, batch, {}, [&](int64_t done, int64_t total) { progress.update(done, total, "layers"); });
  const Head head(plan.runs[kBf16].model);  // never quantized: the same in every run
  SummaryOptions summary;
  summary.bootstrap.seed = seed;
  const ScoredRun reference = scored_run(head, plan.runs[kBf16].options, hidden[kBf16], batch.tokens());
  std::vector<ScoredRun> candidates;
  for (size_t i = 0; i < plan.rows.size(); ++i)
    candidates.push_back(scored_run(head, plan.runs[i + 1].options, hidden[i + 1], batch.tokens()));
  auto tokens = score_heads(reference, candidates, batch);
  for (size_t i = 0; i < plan.rows.size(); ++i) {
    plan.rows[i].tokens = std::move(tokens[i]);
    plan.rows[i].summary = summarize(plan.rows[i].tokens, summary);
  }
}

// Do the parts of one group add up to the whole?
json sums_of(const Plan& plan, uint64_t seed) {
  json sums = json::object();
  BootstrapOptions bootstrap;
  bootstrap.seed = seed;
  for (const char* group : {"class", "layer"}) {
    std::vector<std::vector<TokenDivergence>> parts;
    for (const Row& row : plan.rows)
      if (row.group == group) parts.push_back(row.tokens);
    if (parts.empty()) continue;
    const Additivity sum = additivity(parts, plan.rows.front().tokens, bootstrap);
    sums[group] = {{"ratio", sum.ratio}, {"interval95", {sum.interval.low, sum.interval.high}}};
  }
  return sums;
}

Table table_of(const json& content) {
  Table table{{"FP8 in", "KLD mean (nats)", "95 %", "of the whole", "top-1 equal"}, {}};
  const json& rows = content.at("rows");
  const double whole = rows.at(0).at("divergence").at("kld").at("mean").at("value");
  for (const json& row : rows) {
    const json& d = row.at("divergence");
    const double kld = d.at("kld").at("mean").at("value");
    table.add({row.at("key"), significant(kld),
               fmt::format("{} .. {}", significant(d.at("kld_interval95").at(0).get<double>()),
                           significant(d.at("kld_interval95").at(1).get<double>())),
               whole > 0 ? fmt::format("{:.1f} %", 100 * kld / whole) : "n/a",
               fmt::format("{:.2f} %", 100 * d.at("same_top").at("value").get<double>())});
  }
  return table;
}

std::string sum_lines(const json& content) {
  std::string text;
  for (const auto& [group, sum] : content.at("sums").items())
    text += fmt::format("sum over the parts by {} / the whole: {:.2f} [{:.2f}, {:.2f}] (1: they add up)\n", group,
                        sum.at("ratio").get<double>(), sum.at("interval95").at(0).get<double>(),
                        sum.at("interval95").at(1).get<double>());
  return text;
}

int run(const Options& options, const CommonOptions& common) {
  const auto start = std::chrono::steady_clock::now();
  if (!common.json.empty()) require_writable(common.json);
  if (!options.markdown.empty()) require_writable(options.markdown);
  Progress progress("attribution", common.quiet);
  const CheckpointPair pair = open_pair(options.checkpoints);
  const ScoredText text = choose_text(options.text, common.seed, pair.bundled,
                                      parse_model_config(pair.bf16->config_text(), pair.bf16_name + "/config.json"));
  Plan plan = make_plan(options, pair);
  score(plan, text.batch, common.seed, progress);

  Record record;
  record.content = {{"suite", "attribution"}, {"policy", options.policy},
                    {"bf16", pair.bf16_name}, {"fp8", pair.fp8_name},
                    {"text", text.name},      {"tokens", text.batch.tokens()},
                    {"seed", common.seed},    {"sums", sums_of(plan, common.seed)},
                    {"rows", json::array()}};
  for (const Row& row : plan.rows)
    record.content["rows"].push_back(
        {{"key", row.key}, {"group", row.group}, {"divergence", divergence_json(row.summary)}});
  record.run = {{"command", common.command_line},
                {"machine", to_json(read_environment())},
                {"seconds", std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()}};
  const Table table = table_of(record.content);
  const std::string head = fmt::format("BF16 {}, FP8 {}, {} ({} tokens), policy {}", pair.bf16_name, pair.fp8_name,
                                       text.name, text.batch.tokens(), options.policy);
  fmt::print("fp8bench --suite attribution\n  {}\n{}{}{:.1f} s\n", head, text_table(table), sum_lines(record.content),
             record.run["seconds"].get<double>());
  if (!common.json.empty()) write_record(common.json, record);
  if (!options.markdown.empty())
    write_file_atomically(options.markdown, fmt::format("# fp8bench --suite attribution\n\n{}\n\n{}\n```\n{}```\n",
                                                        head, markdown_table(table), sum_lines(record.content)));
  return kExitPass;
}

}  // namespace

std::function<int()> add_attribution_suite(CLI::App& app, const CommonOptions& common) {
  auto options = std::make_shared<Options>();
  add_pair_options(app, options->checkpoints);
  add_text_options(app, options->text);
  app.add_option("--policy", options->policy, "numeric policy: f32 (canonical), bf16 or native")
      ->check(CLI::IsMember({"f32", "bf16", "native"}))
      ->capture_default_str();
  app.add_option("--parts", options->groups,
                 "parts to measure, comma separated: class, all_but, layer (a run per layer), kv; default: all")
      ->delimiter(',')
      ->check(CLI::IsMember({"class", "all_but", "layer", "kv"}));
  app.add_option("--markdown", options->markdown, "write the table to this file as Markdown; default: none");
  return [options, &common] { return run(*options, common); };
}

}  // namespace fp8bench
