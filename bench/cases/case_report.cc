#include "bench/cases/case_report.h"

#include <fmt/format.h>

#include <cmath>

#include "harness/measure/environment_json.h"

namespace fp8bench {
namespace {

using nlohmann::json;

// JSON has no NaN.
json finite(double value) { return std::isfinite(value) ? json(value) : json(fmt::format("{}", value)); }

// The matrix unit of the machine and other libraries sum in orders of their own: their errors are no content.
bool reproducible(const CaseSpec& spec, const std::string& contender) {
  for (const CaseSpec::Value& value : spec.values)
    if ((value.axis == "accumulate" || value.axis == "policy") && value.text == "native") return false;
  return contender.rfind("onednn", 0) != 0;
}

json check_json(const Check& check) {
  return {{"outputs", check.outputs}, {"error_over_tolerance", finite(check.worst)}};
}

json timed_json(const ContenderResult& c) {
  json out = {{"name", c.name},
              {"status", row_status_name(c.status)},
              {"detail", c.detail},
              {"before", check_json(c.before)},
              {"after", check_json(c.after)},
              {"bytes", c.amount.bytes},
              {"flop", c.amount.flop}};
  if (c.status != RowStatus::kOk || c.timing.samples.empty()) return out;
  const Timing& t = c.timing;
  out.update({{"seconds", t.median},
              {"low", t.low},
              {"high", t.high},
              {"p5", t.p5},
              {"p95", t.p95},
              {"settled", t.settled},
              {"warm_up", t.warm_up},
              {"samples", t.samples},
              {"gb_s", c.gb_s},
              {"gflop_s", c.gflop_s},
              {"ceiling_share", c.ceiling_share}});
  if (c.ratio.median > 0.0) out["ratio"] = {c.ratio.median, c.ratio.low, c.ratio.high};
  return out;
}

const char* mode_name(Mode mode) { return mode == Mode::kHot ? "hot" : mode == Mode::kCold ? "cold" : "rotate"; }

std::string percent(double share, int decimals = 0) { return fmt::format("{:.{}f}", 100 * share, decimals); }

// "0.004 (24576)": largest error over its tolerance, and how many outputs were compared.
std::string check_cell(const json& check) {
  const json& worst = check.at("error_over_tolerance");
  const std::string text = worst.is_string() ? worst.get<std::string>() : significant(worst.get<double>(), 2);
  return fmt::format("{} ({})", text, check.at("outputs").get<int64_t>());
}

std::vector<std::string> cells(const json& row, const json& c, bool first) {
  std::vector<std::string> out = {first ? row.at("case").get<std::string>().substr(3) : "",
                                  c.at("name").get<std::string>()};
  if (c.contains("seconds")) {
    const double seconds = c.at("seconds").get<double>();
    const double spread = 0.5 * (c.at("high").get<double>() - c.at("low").get<double>()) / seconds;
    const double share = c.at("ceiling_share").get<double>();
    out.insert(out.end(),
               {significant(seconds * 1e6), percent(spread, 1), std::to_string(c.at("samples").size()),
                fmt::format("{:.1f}", c.at("gb_s").get<double>()),
                c.at("gflop_s").get<double>() > 0.0 ? fmt::format("{:.1f}", c.at("gflop_s").get<double>()) : "n/a",
                share > 0.0 ? percent(share) + (row.at("bound") == "memory" ? " read" : " flop") : "n/a"});
    if (c.contains("ratio"))
      out.push_back(fmt::format("{:.2f} [{:.2f}, {:.2f}]", c.at("ratio").at(0).get<double>(),
                                c.at("ratio").at(1).get<double>(), c.at("ratio").at(2).get<double>()));
    else
      out.emplace_back("n/a");
  } else {
    out.insert(out.end(), {"n/a", "n/a", "n/a", "n/a", "n/a", "n/a", "n/a"});
  }
  out.push_back(check_cell(c.at("before")));
  const std::string status = c.at("status").get<std::string>(), detail = c.at("detail").get<std::string>();
  out.push_back(status == "ok" ? detail : detail.empty() ? status : fmt::format("{}: {}", status, detail));
  return out;
}

std::string load_cell(const json& facts) {
  if (!facts.contains("experts_hit")) return "";
  return fmt::format("{} experts hit, load max/mean {:.2f}", significant(facts.at("experts_hit").get<double>()),
                     facts.at("load_max_over_mean").get<double>());
}

}  // namespace

Record case_record(const std::string& suite, const RunResult& result, const Environment& environment, uint64_t seed,
                   const std::string& command) {
  Record record;
  record.content = {{"suite", suite}, {"seed", seed}, {"rows", json::array()}};
  record.run = {{"command", command},
                {"machine", to_json(environment)},
                {"ceilings", held_to_json(result.ceilings)},
                {"recalibrated", result.recalibrated},
                {"seconds", result.seconds},
                {"rows", json::array()}};
  for (const CaseRow& row : result.rows) {
    json checks = json::array(), timed = json::array();
    for (const ContenderResult& contender : row.row.contenders) {
      if (reproducible(row.spec, contender.name)) {
        checks.push_back(check_json(contender.before));
        checks.back()["name"] = contender.name;
      }
      timed.push_back(timed_json(contender));
    }
    if (row.repetition == 0)
      record.content["rows"].push_back({{"case", row.spec.text()}, {"facts", row.facts}, {"checks", checks}});
    json entry = {{"case", row.spec.text()},
                  {"repro", row.repro},
                  {"repetition", row.repetition},
                  {"mode", mode_name(row.row.mode)},
                  {"bound", row.row.bound == Bound::kMemory ? "memory" : "compute"},
                  {"facts", row.facts},
                  {"contenders", timed}};
    for (const auto& [name, why] : row.absent) entry["absent"][name] = why;
    if (!row.measured.is_null()) entry["measured"] = row.measured;
    record.run["rows"].push_back(entry);
  }
  return record;
}

Table case_table(const nlohmann::json& run) {
  Table table{{"case", "contender", "time us", "± %", "n", "GB/s", "GFLOP/s", "% of ceiling", "first's time / its",
               "error (outputs)", "note"},
              {}};
  for (const json& row : run.at("rows")) {
    bool first = true;
    for (const json& contender : row.at("contenders")) {
      table.add(cells(row, contender, first));
      if (first) {
        std::string& note = table.rows.back().back();
        const std::string load = load_cell(row.at("facts"));
        if (!load.empty()) note = note.empty() ? load : fmt::format("{}; {}", load, note);
      }
      first = false;
    }
    if (!row.contains("absent")) continue;
    for (const auto& [name, why] : row.at("absent").items()) {
      std::vector<std::string> cells(table.header.size(), "n/a");
      cells.front() = first ? row.at("case").get<std::string>().substr(3) : "";
      cells[1] = name;
      cells.back() = why.get<std::string>();
      table.add(std::move(cells));
      first = false;
    }
  }
  return table;
}

std::string case_notes(const nlohmann::json& run) {
  const json &machine = run.at("machine"), &ceilings = run.at("ceilings");
  std::string text = fmt::format(
      "{} ({} threads, {}); ceilings: read {:.1f} GB/s, float32 multiply-add {:.0f} GFLOP/s, BF16 unit {:.0f} "
      "GFLOP/s{}\n",
      machine.at("cpu").get<std::string>(), machine.at("threads").get<int>(), machine.at("isa").get<std::string>(),
      ceilings.at("read_gb_s").get<double>(), ceilings.at("fma_gflop_s").get<double>(),
      ceilings.at("bf16_gflop_s").get<double>(),
      run.at("recalibrated").get<bool>() ? " (measured again: a sample was above)" : "");
  for (const json& row : run.at("rows"))
    for (const json& contender : row.at("contenders"))
      if (contender.at("status") != "ok")
        text += fmt::format("{} of {}: no time; again: {}\n", contender.at("name").get<std::string>(),
                            row.at("case").get<std::string>(), row.at("repro").get<std::string>());
  return text;
}

}  // namespace fp8bench
