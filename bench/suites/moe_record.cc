// The record of the main job: `content` holds what the same inputs must reproduce bit for bit in policy f32, `run` the
// rest.
#include <fmt/ranges.h>

#include <span>

#include "bench/comparison/divergence_json.h"
#include "bench/comparison/sensitivity.h"
#include "bench/suites/moe.h"
#include "harness/io/sha256.h"
#include "harness/measure/environment_json.h"

namespace fp8bench {
namespace {

using nlohmann::json;

json to_json(const Spread& spread) {
  return {{"mean", spread.mean}, {"sd", spread.sd}, {"min", spread.min}, {"max", spread.max}};
}

json to_json(const RouterLayer& r) {
  return {{"layer", r.layer},         {"tokens", r.tokens},
          {"exact_set", r.exact_set}, {"jaccard", r.jaccard},
          {"top1", r.top1},           {"kl", r.kl},
          {"gate_l1", r.gate_l1},     {"shifted_weight", r.shifted_weight},
          {"load_js", r.load_js},     {"load_bf16", r.load_ref},
          {"load_fp8", r.load_cand}};
}

json to_json(const PairedCounts& c) {
  return {{"n", c.items()},
          {"right_to_wrong", c.right_to_wrong},
          {"wrong_to_right", c.wrong_to_right},
          {"difference", c.difference()}};
}

json floor_json(const std::vector<PairedCounts>& draws) {
  json out = json::array();
  for (const PairedCounts& draw : draws) out.push_back(to_json(draw));
  return out;
}

json to_json(const TaskRow& row) {
  const GateResult& gate = row.gate;
  return {{"task", row.task},
          {"bf16_accuracy", row.bf16_accuracy},
          {"fp8_accuracy", row.fp8_accuracy},
          {"pairs", to_json(gate.counts)},
          {"floor_pairs", floor_json(row.floor)},
          {"mcnemar_p_two_sided", gate.test.p_two_sided},
          {"mcnemar_p_worse", gate.test.p_worse},
          {"interval95", bounds_json(gate.interval95)},
          {"decision_interval", bounds_json(gate.decision_interval)},
          {"gold_logprob",
           {{"mean", gate.gold.mean},
            {"standard_error", gate.gold.standard_error},
            {"z", gate.gold.z},
            {"p_worse", gate.gold.p_worse}}},
          {"minimum_detectable_effect", gate.minimum_detectable},
          {"verdict", paired_verdict_name(gate.verdict)},
          {"reason", gate.reason}};
}

json to_json(const CheckpointStage& stage) {
  json checks = json::array(), selftest = json::array(), coverage = json::object(), derivations = json::object();
  for (const CheckResult& c : stage.audit.checks)
    checks.push_back({{"id", c.id},
                      {"title", c.title},
                      {"status", static_cast<int>(c.status)},
                      {"checked", c.checked},
                      {"failures", c.failures},
                      {"findings", c.findings}});
  for (const SelfTestItem& item : stage.selftest.items)
    selftest.push_back({{"name", item.name}, {"passed", item.passed}, {"detail", item.detail}});
  for (const auto& [tensor_class, c] : stage.audit.coverage)
    coverage[tensor_class_name(tensor_class)] = {{"parameters", c.parameters_by_dtype}, {"bytes", c.bytes_by_dtype}};
  for (const auto& [derivation, count] : stage.audit.derivations) derivations[derivation_name(derivation)] = count;
  Sha256 manifest;  // of every FP8-side tensor's hash; of nothing where the checkpoint was too large to hash
  for (const TensorDigest& digest : stage.audit.manifest)
    manifest.update(fmt::format("{} {}\n", digest.name, digest.sha256));
  return {{"manifest_sha256", stage.audit.manifest.empty() ? "" : manifest.hex()},
          {"bf16_bytes", stage.bf16_bytes},
          {"fp8_bytes", stage.fp8_bytes},
          {"fp8_parameters", stage.audit.fp8_parameters},
          {"parameters", stage.audit.parameters},
          {"checks", checks},
          {"coverage", coverage},
          {"derivations", derivations},
          {"unexplained", stage.audit.unexplained},
          {"upstream_tensors", stage.upstream_tensors},
          {"upstream_mismatches", stage.upstream_mismatches},
          {"selftest", selftest},
          {"refused", stage.refused}};
}

json to_json(const QualityStage& stage) {
  json rows = json::object(), layers = json::array(), router = json::array();
  for (const auto* list : {&stage.rows, &stage.floor_rows})
    for (const DivergenceRow& row : *list) rows[row.key] = divergence_json(row.summary);
  for (const LayerError& l : stage.layers)
    layers.push_back({{"layer", l.layer},
                      {"sqnr_db", l.sqnr_db},
                      {"cosine", l.cosine},
                      {"relative_error", l.relative_error},
                      {"min_token_cosine", l.min_token_cosine}});
  for (const RouterLayer& r : stage.router) router.push_back(to_json(r));
  const RoundingFloor& floor = stage.floor;
  json out = {{"tokens", stage.tokens},
              {"sequences", stage.sequences},
              {"divergence", rows},
              {"layers", layers},
              {"router", router},
              {"rounding_floor",
               {{"draws", floor.draws},
                {"kld_mean", to_json(floor.kld_mean)},
                {"same_top", to_json(floor.same_top)},
                {"flips", to_json(floor.flips)},
                {"gold_effect", floor.gold_effect}}}};
  if (!stage.router.empty()) out["router_mean"] = to_json(stage.router_mean);
  return out;
}

json side_json(const KernelSide& side) {
  return {{"seconds", side.seconds},
          {"low", side.low},
          {"high", side.high},
          {"rate", side.rate},
          {"ceiling_share", side.ceiling_share}};
}

void kernel_json(const KernelStage& stage, json& content, json& run) {
  for (const KernelRow& row : stage.rows) {
    content.push_back({{"op", row.op},
                       {"tokens", row.tokens},
                       {"checked", row.bf16.checked + row.fp8.checked},
                       {"bf16_error_over_tolerance", row.bf16.worst_error},
                       {"fp8_error_over_tolerance", row.fp8.worst_error}});
    json timing = {{"op", row.op}, {"tokens", row.tokens}, {"status", row.status}, {"unit", row.unit}};
    if (row.status == "ok") {
      timing["bf16"] = side_json(row.bf16);
      timing["fp8"] = side_json(row.fp8);
      timing["ratio"] = {row.ratio, row.ratio_low, row.ratio_high};
    }
    run.push_back(timing);
  }
}

}  // namespace

namespace {

// What a checkpoint is, wherever it lies: its configuration and the list of its tensors. The tensors' own hashes are in
// checkpoint.manifest_sha256 where they were made.
json inputs_json(const TensorSource& source) {
  Sha256 tensors;
  for (const TensorInfo& tensor : source.tensors()) {
    tensors.update(fmt::format("{} {} {}\n", tensor.name, dtype_name(tensor.dtype), fmt::join(tensor.shape, "x")));
  }
  return {{"config_sha256", sha256_hex(source.config_text())},
          {"tensors_sha256", tensors.hex()},
          {"tensors", source.tensors().size()}};
}

}  // namespace

Record moe_record(const MoeContext& context, const MoeResult& result) {
  Record record;
  json& content = record.content;
  content = {{"suite", "moe"},
             {"bf16", inputs_json(*context.pair.bf16)},
             {"fp8", inputs_json(*context.pair.fp8)},
             {"ids_sha256", sha256_hex(std::as_bytes(std::span(context.text.batch.ids)))},
             {"policy", policy_name(context.policy)},
             {"fault", context.options.fault},
             {"seed", context.common.seed},
             {"verdict",
              {{"exit", static_cast<int>(result.verdict.exit)},
               {"line", result.verdict.line},
               {"detected_by", context.detections}}}};
  content["sensitivity"] = read_sensitivity();
  json timings = json::array();
  if (result.checkpoint) content["checkpoint"] = to_json(*result.checkpoint);
  if (result.kernels) {
    content["kernels"] = json::array();
    kernel_json(*result.kernels, content["kernels"], timings);
    record.run["ceilings"] = held_to_json(result.kernels->ceilings);
  }
  if (result.quality) content["quality"] = to_json(*result.quality);
  if (result.tasks) {
    content["tasks"] = {{"margin", result.tasks->margin}, {"pooled", to_json(result.tasks->pooled)}};
    for (const TaskRow& row : result.tasks->rows) content["tasks"]["rows"].push_back(to_json(row));
  }
  record.run["bf16"] = context.pair.bf16_name;
  record.run["fp8"] = context.pair.fp8_name;
  record.run["text"] = context.text.name;
  record.run["kernels"] = timings;
  record.run["seconds"] = result.seconds;
  record.run["peak_anonymous_bytes"] = result.peak_anonymous_bytes;
  record.run["command"] = context.common.command_line;
  record.run["machine"] = to_json(context.environment);
  record.run["machine"]["isa"] = policy_isa(context.policy);
  return record;
}

}  // namespace fp8bench
