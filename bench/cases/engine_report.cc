#include "bench/cases/engine_report.h"

#include <fmt/format.h>

#include "harness/engine/elementwise.h"
#include "harness/engine/lockstep.h"
#include "harness/score/divergence_summary.h"
#include "harness/score/score_head.h"

namespace fp8bench {
namespace {

using nlohmann::json;

constexpr int64_t kSequences = 2, kLength = 96;

// Value of `key` in "op=pp tokens=512 policy=bf16", or the standard.
std::string axis_in(const std::string& text, const std::string& key, const std::string& standard) {
  const size_t at = text.find(" " + key + "=");
  if (at == std::string::npos) return standard;
  const size_t begin = at + key.size() + 2;
  return text.substr(begin, text.find(' ', begin) - begin);
}

// "pp512", "tg32@d4096", "divergence".
std::string test_name(const std::string& text, int64_t tokens) {
  const std::string op = text.substr(3, text.find(' ') - 3), depth = axis_in(text, "depth", "0");
  if (op == "divergence") return op;
  return fmt::format("{}{}{}", op, tokens, depth == "0" ? "" : "@d" + depth);
}

std::string joules_cell(const json& row, const std::string& side) {
  if (!row.contains("measured")) return "n/a";
  const json joules = row.at("measured").value("joules_per_token", json::object());
  return joules.contains(side) ? significant(joules.at(side).get<double>()) : "n/a";
}

std::vector<std::string> cells(const json& row, const json& c) {
  const std::string text = row.at("case").get<std::string>();
  const double tokens = row.at("facts").at("tokens").get<double>();
  const std::string name = test_name(text, row.at("facts").at("tokens").get<int64_t>());
  const std::string side = c.at("name").get<std::string>();
  std::vector<std::string> out = {name, axis_in(text, "policy", "f32"), side};
  if (!c.contains("seconds")) {
    out.insert(out.end(), {"n/a", "n/a", "n/a", "n/a", "n/a", "n/a", "n/a"});
  } else {
    const double seconds = c.at("seconds").get<double>(), share = c.at("ceiling_share").get<double>();
    out.push_back(fmt::format("{:.1f}", tokens / seconds));
    out.push_back(
        fmt::format("{:.1f}..{:.1f}", tokens / c.at("high").get<double>(), tokens / c.at("low").get<double>()));
    out.push_back(std::to_string(c.at("samples").size()));
    const bool prefill = name.rfind("pp", 0) == 0;
    out.push_back(fmt::format("{} ms {}", significant(1e3 * (prefill ? seconds : seconds / tokens)),
                              prefill              ? "TTFT"
                              : side == "lockstep" ? "a scored token"
                                                   : "TPOT"));
    out.push_back(share > 0.0 ? fmt::format("{:.0f} {}", 100 * share, row.at("bound") == "memory" ? "read" : "flop")
                              : "n/a");
    out.push_back(joules_cell(row, side));
    out.push_back(c.contains("ratio") && side != "lockstep"
                      ? fmt::format("{:.2f} [{:.2f}, {:.2f}]", c.at("ratio").at(0).get<double>(),
                                    c.at("ratio").at(1).get<double>(), c.at("ratio").at(2).get<double>())
                      : "n/a");
  }
  const std::string status = c.at("status").get<std::string>(), detail = c.at("detail").get<std::string>();
  out.push_back(status == "ok" ? detail : fmt::format("{}: {}", status, detail));
  return out;
}

}  // namespace

void add_engine_figures(Record& record, ModelPool& models, const RunResult& result) {
  if (result.rows.empty()) return;
  for (const bool fp8 : {false, true}) {
    const LoadedModel& loaded = models.get(fp8);
    record.run["engine"][fp8 ? "f8" : "bf16"] = {{"checkpoint", models.spec(fp8)},
                                                 {"load_seconds", loaded.load_seconds},
                                                 {"weight_bytes", loaded.layer_bytes + loaded.head_bytes},
                                                 {"bytes_per_token", loaded.token_bytes + loaded.head_bytes},
                                                 {"flop_per_token", loaded.token_flop + loaded.head_flop}};
  }
}

nlohmann::json policy_distances(ModelPool& models, const std::vector<std::string>& policies, uint64_t seed) {
  json out = json::array();
  Batch batch;
  const ModelConfig& config = models.get(false).model->config();
  for (int64_t s = 0; s < kSequences; ++s) {
    std::vector<int32_t> ids;
    if (config.bos >= 0) ids.push_back(static_cast<int32_t>(config.bos));  // some models have none
    for (auto i = static_cast<int64_t>(ids.size()); i < kLength; ++i)
      ids.push_back(static_cast<int32_t>(mix64(seed * 7919 + static_cast<uint64_t>(s * kLength + i)) %
                                         static_cast<uint64_t>(config.vocab)));
    batch.add(ids);
  }
  for (const bool fp8 : {false, true}) {
    const LoadedModel& loaded = models.get(fp8);
    std::vector<RunSpec> runs;
    for (const std::string& policy : policies) {
      EngineOptions options;
      options.policy = *parse_policy(policy);
      runs.push_back({policy, loaded.model, options, -1});
    }
    const auto hidden = run_lockstep(runs, batch);
    std::vector<ScoredRun> scored;
    for (size_t r = 0; r < runs.size(); ++r)
      scored.push_back(scored_run(*loaded.head, runs[r].options, hidden[r], batch.tokens()));
    const auto tokens = score_heads(scored.front(), std::span(scored).subspan(1), batch);
    for (size_t r = 1; r < runs.size(); ++r) {
      const DivergenceSummary summary = summarize(tokens[r - 1]);
      out.push_back({{"side", fp8 ? "f8" : "bf16"},
                     {"policy", policies[r]},
                     {"against", policies.front()},
                     {"tokens", summary.tokens},
                     {"kld_mean", summary.kld.mean.value},
                     {"kld_max", summary.kld.max},
                     {"same_top", summary.same_top.value}});
    }
  }
  return out;
}

Table engine_table(const nlohmann::json& run) {
  Table table{{"test", "policy", "checkpoint", "tok/s", "95 % interval", "n", "latency", "% of roofline", "J/token",
               "bf16's time / its", "note"},
              {}};
  for (const json& row : run.at("rows"))
    for (const json& contender : row.at("contenders")) table.add(cells(row, contender));
  return table;
}

Table policy_table(const nlohmann::json& run) {
  Table table{{"checkpoint", "policy", "against", "tokens", "KLD mean", "KLD max", "top-1 %"}, {}};
  for (const json& row : run.at("policies"))
    table.add({row.at("side").get<std::string>(), row.at("policy").get<std::string>(),
               row.at("against").get<std::string>(), std::to_string(row.at("tokens").get<int64_t>()),
               significant(row.at("kld_mean").get<double>()), significant(row.at("kld_max").get<double>()),
               fmt::format("{:.2f}", 100 * row.at("same_top").get<double>())});
  return table;
}

std::string engine_notes(const nlohmann::json& run) {
  std::string text =
      "TTFT: the prefill, without a queue; TPOT: a decoded token. Roofline: pp, multiply-adds of the weights and "
      "attention "
      "over the peak; tg, weight bytes of a token over the read bandwidth. J/token: RAPL, where it can be read.\n";
  if (!run.contains("engine")) return text;
  for (const auto& [side, engine] : run.at("engine").items())
    text += fmt::format("{}: {}, {:.2f} GB of weights, {:.3f} GB read a token, loaded in {:.1f} s\n", side,
                        engine.at("checkpoint").get<std::string>(), engine.at("weight_bytes").get<double>() / 1e9,
                        engine.at("bytes_per_token").get<double>() / 1e9, engine.at("load_seconds").get<double>());
  return text;
}

}  // namespace fp8bench
