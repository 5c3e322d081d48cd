// The fault table as a record, and a record as tables.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "bench/suites/faults.h"
#include "harness/measure/environment_json.h"

namespace fp8bench {
namespace {

using nlohmann::json;

constexpr std::array kFindingNames = {"not run", "quiet", "caught"};

// Who is to blame, by those who can know. A refused checkpoint was refused by the structure checks.
std::string blamed(const FaultCandidate& candidate) {
  bool engine = false, checkpoint = false;
  for (size_t d = 0; d < kDetectors; ++d) {
    if (candidate.findings[d] != Finding::kCaught) continue;
    engine |= kFaultDetectors[d].blames == Blames::kEngine;
    checkpoint |= kFaultDetectors[d].blames == Blames::kCheckpoint;
  }
  return engine && checkpoint ? "both" : engine ? "engine" : checkpoint ? "checkpoint" : "nobody";
}

json tests_json(const BeyondFloor& test) {
  json out = {{"z", test.z}, {"threshold", test.threshold}};
  if (test.layer >= 0) out["layer"] = test.layer;
  return out;
}

json candidate_json(const FaultCandidate& c) {
  json out = {{"fault", c.fault}, {"size", c.size}, {"blamed", blamed(c)}, {"refused", c.model == nullptr}};
  out["kind"] = c.fault.empty() ? "none" : c.kind == FaultKind::kEngine ? "engine" : "checkpoint";
  for (size_t d = 0; d < kDetectors; ++d)
    out["findings"][std::string(kFaultDetectors[d].name)] = kFindingNames[static_cast<size_t>(c.findings[d])];
  if (c.model != nullptr) {
    out["kld_mean"] = c.kld_mean;
    out["beyond_floor"] = {{"layers", tests_json(c.tests.layer)},
                           {"router", tests_json(c.tests.router)},
                           {"kld", tests_json(c.tests.kld)}};
  }
  if (c.has_tasks)
    out["tasks"] = {{"right_to_wrong", c.gate.counts.right_to_wrong},
                    {"wrong_to_right", c.gate.counts.wrong_to_right},
                    {"gold_mean", c.gate.gold.mean},
                    {"gold_z", c.gate.gold.z},
                    {"verdict", paired_verdict_name(c.gate.verdict)}};
  return out;
}

bool is_caught(const json& row, std::string_view detector) {
  return row.at("findings").at(std::string(detector)) == kFindingNames[2];
}

std::string mark(const json& row, std::string_view detector) {
  const std::string finding = row.at("findings").at(std::string(detector));
  return finding == kFindingNames[2] ? "caught" : finding == kFindingNames[1] ? "no" : "n/a";
}

}  // namespace

Record faults_record(const FaultRun& run, const CommonOptions& common, double seconds) {
  Record record;
  json candidates = json::array(), power = json::array(), absent = json::array();
  for (const FaultCandidate& c : run.candidates) candidates.push_back(candidate_json(c));
  for (const AbsentFault& fault : run.absent) absent.push_back({{"fault", fault.fault}, {"why", fault.why}});
  const std::vector<PowerPoint> curve = power_curve(run);
  for (const PowerPoint& point : curve)
    power.push_back({{"factor", point.factor}, {"targets", point.targets}, {"caught", point.caught}});
  record.content = {{"suite", "faults"},
                    {"bf16", run.pair.bf16_name},
                    {"fp8", run.pair.fp8_name},
                    {"text", run.text.name},
                    {"tokens", run.text.batch.tokens()},
                    {"seed", common.seed},
                    {"candidates", candidates},
                    {"absent", absent},
                    {"power", {{"curve", power}, {"factor_80", factor_with_power(curve)}}},
                    {"accuracy_detectable_80", run.accuracy_detectable}};
  record.run = {{"command", common.command_line}, {"machine", to_json(read_environment())}, {"seconds", seconds}};
  return record;
}

Table fault_table(const json& content) {
  Table table{{"fault"}, {}};
  for (const Detector& detector : kFaultDetectors) table.header.emplace_back(detector.name);
  for (const char* column : {"blamed", "KLD", "flips", "gold z"}) table.header.emplace_back(column);
  for (const json& row : content.at("candidates")) {
    if (row.at("size") != 0.0) continue;
    const std::string fault = row.at("fault");
    std::vector<std::string> cells = {fault.empty() ? "none" : fault};
    for (const Detector& detector : kFaultDetectors) cells.push_back(mark(row, detector.name));
    cells.push_back(row.at("blamed"));
    cells.push_back(row.at("refused") ? "refused" : significant(row.at("kld_mean").get<double>()));
    const bool tasks = row.contains("tasks");
    cells.push_back(tasks ? fmt::format("-{}+{}", row["tasks"]["right_to_wrong"].get<int64_t>(),
                                        row["tasks"]["wrong_to_right"].get<int64_t>())
                          : "n/a");
    cells.push_back(tasks ? fmt::format("{:.1f}", row["tasks"]["gold_z"].get<double>()) : "n/a");
    table.add(std::move(cells));
  }
  return table;
}

Table size_table(const json& content) {
  Table table{{"just caught at", "unit"}, {}};
  for (const Detector& detector : kFaultDetectors)
    if (detector.blames != Blames::kEngine) table.header.emplace_back(detector.name);
  for (const Fault& fault : faults()) {
    std::vector<const json*> rows;
    for (const json& row : content.at("candidates"))
      if (row.at("fault") == fault.name && row.at("size") != 0.0) rows.push_back(&row);
    if (rows.empty()) continue;
    std::vector<std::string> cells = {std::string(fault.name), std::string(fault.unit)};
    for (const Detector& detector : kFaultDetectors) {
      if (detector.blames == Blames::kEngine) continue;
      // The smallest size from which on every larger one is caught too.
      std::string found = fmt::format("none up to {}", significant(rows.back()->at("size").get<double>()));
      for (auto row = rows.rbegin(); row != rows.rend() && is_caught(**row, detector.name); ++row)
        found = significant((*row)->at("size").get<double>());
      cells.push_back(rows.back()->at("findings").at(std::string(detector.name)) == kFindingNames[0] ? "n/a" : found);
    }
    table.add(std::move(cells));
  }
  return table;
}

std::string fault_lines(const json& content) {
  int64_t clean = 0, alarms = 0, told = 0, faults_tried = 0, missed = 0;
  std::vector<std::string> wrong;
  for (const json& row : content.at("candidates")) {
    if (row.at("size") != 0.0) continue;
    const bool caught = std::any_of(row.at("findings").begin(), row.at("findings").end(),
                                    [](const json& finding) { return finding == kFindingNames[2]; });
    if (row.at("kind") == "none") {
      ++clean, alarms += caught;
      continue;
    }
    ++faults_tried, missed += !caught;
    if (row.at("blamed") == row.at("kind"))
      ++told;
    else
      wrong.push_back(row.at("fault"));
  }
  std::string text =
      fmt::format("{} faults: {} caught, {} blamed on the right side{}; {} clean candidates: {} false alarms\n",
                  faults_tried, faults_tried - missed, told,
                  wrong.empty() ? "" : fmt::format(" (not: {})", fmt::join(wrong, ", ")), clean, alarms);
  for (const json& fault : content.at("absent"))
    text += fmt::format("not tried: {}\n", fault.at("why").get<std::string>());
  const json& power = content.at("power");
  if (!power.at("curve").empty()) {
    text += "one expert's weight scales times a factor, found by outputs alone:";
    for (const json& point : power.at("curve"))
      text += fmt::format(" x{} {}/{}", point.at("factor").get<double>(), point.at("caught").get<int64_t>(),
                          point.at("targets").get<int64_t>());
    const double factor = power.at("factor_80");
    text += factor > 0 ? fmt::format("; with 80 % power from x{}\n", factor) : "; never with 80 % power\n";
  }
  const double accuracy = content.at("accuracy_detectable_80");
  if (accuracy > 0) text += fmt::format("accuracy loss found with 80 % power: {:.2f} points\n", 100 * accuracy);
  return text;
}

}  // namespace fp8bench
