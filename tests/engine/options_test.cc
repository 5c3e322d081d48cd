// What the options of an engine change, and that nothing else does.
#include <set>

#include "harness/checkpoint/faults.h"
#include "harness/engine/elementwise.h"
#include "harness/engine/head.h"
#include "harness/engine/ops.h"
#include "harness/engine/selftest.h"
#include "harness/io/error.h"
#include "kernels/bf16.h"
#include "kernels/fp8.h"
#include "kernels/gelu_mul/gelu_mul.h"
#include "kernels/isa.h"
#include "kernels/native_gemm/native_gemm.h"
#include "kernels/quantize/quantize.h"
#include "tests/engine/models.h"

namespace fp8bench::test {

TEST_CASE("names of policies, KV dtypes and engine faults go both ways") {
  for (const Policy policy : {Policy::kF32, Policy::kBF16, Policy::kNative})
    CHECK(parse_policy(policy_name(policy)) == policy);
  for (const KvDType kv : {KvDType::kF32, KvDType::kBF16, KvDType::kF8E4M3}) CHECK(parse_kv(kv_name(kv)) == kv);
  CHECK_FALSE(parse_policy("fp32").has_value());
  CHECK_FALSE(parse_kv("").has_value());
  std::set<EngineFault> seen;
  for (const Fault& fault : faults()) {
    INFO(fault.name);
    if (fault.kind == FaultKind::kEngine)
      CHECK(seen.insert(engine_fault(fault.name)).second);
    else
      CHECK(engine_fault(fault.name) == EngineFault::kNone);
  }
  CHECK(seen.size() == 8);
  CHECK(seen.count(EngineFault::kNone) == 0);
}

TEST_CASE("every engine fault changes the canonical hashes") {
  const TensorSourcePtr source = open_safetensors_source(golden_path("tiny-moe") / "bf16");
  const std::vector<int32_t> ids = some_ids(40, 512, 6);
  const CanonicalHashes sound = compute_canonical_hashes(source, ids, EngineFault::kNone);
  CHECK(sound.bf16 != sound.fp8);
  CHECK(sound.fp8 != sound.fp8_kv8);
  for (const Fault& fault : faults()) {
    if (fault.kind != FaultKind::kEngine) continue;
    INFO(fault.name);
    const CanonicalHashes faulty = compute_canonical_hashes(source, ids, engine_fault(fault.name));
    CHECK(faulty.fp8 != sound.fp8);
    CHECK(faulty.fp8_kv8 != sound.fp8_kv8);
  }
}

TEST_CASE("a perturbation is seeded, small, and leaves what is not in front of FP8 alone") {
  const std::vector<NamedModel> models = tiny_models();
  const std::vector<int32_t> ids = some_ids(40, 512, 7);
  const auto run = [&](const NamedModel& named, uint64_t seed) {
    return final_hidden(named.model, {.perturb_seed = seed}, ids);
  };
  CHECK(same_bits(run(models[0], 1), run(models[0], 0)));  // BF16 has no FP8 linear
  CHECK(same_bits(run(models[1], 1), run(models[1], 1)));
  CHECK_FALSE(same_bits(run(models[1], 1), run(models[1], 0)));
  CHECK_FALSE(same_bits(run(models[1], 1), run(models[1], 2)));
}

TEST_CASE("perturb_rows moves every value by one unit in its last place, in both directions") {
  std::vector<float> values(512);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i) * 0.37f - 90.0f;
  values[3] = 0.0f;
  std::vector<float> moved = values;
  const std::vector<uint64_t> keys = {11, 12};
  perturb_rows({moved.data(), 2, 256}, keys.data(), 1);
  int64_t up = 0, down = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if (i == 3) {
      CHECK(moved[i] == 0.0f);
      continue;
    }
    const bool is_up = moved[i] == std::nextafter(values[i], 1e30f),
               is_down = moved[i] == std::nextafter(values[i], -1e30f);
    CHECK((is_up || is_down));
    up += is_up ? 1 : 0;
    down += is_down ? 1 : 0;
  }
  CHECK(up > 200);
  CHECK(down > 200);
}

TEST_CASE("policies bf16 and native keep BF16 values between layers, without a BF16 unit they are the same") {
  const Isa restore = active_isa();
  const NamedModel named = tiny_models()[1];
  Batch batch;
  batch.add(some_ids(20, 512, 8));
  const std::vector<float> exact = final_hidden(named.model, {}, batch);
  std::vector<float> rounded;
  for (const Isa isa : supported_isas()) {
    set_isa(isa);
    INFO(isa_name(isa));
    const std::vector<RunSpec> runs = {
        {.name = "bf16", .model = named.model, .options = {.policy = Policy::kBF16}},
        {.name = "native", .model = named.model, .options = {.policy = Policy::kNative}}};
    const auto hidden = run_lockstep(runs, batch, [&](int64_t, std::span<const LayerState> states) {
      for (const LayerState& state : states)
        for (const float value : state.hidden) CHECK(round_to_bf16(value) == value);
    });
    if (rounded.empty()) rounded = hidden[0];
    CHECK(same_bits(hidden[0], rounded));
    CHECK_FALSE(same_bits(hidden[0], exact));
    if (native_unit().empty()) CHECK(same_bits(hidden[0], hidden[1]));
    // In a model this small the roundings between ops may hide the unit's other order of sums; logits are not rounded.
    const Head head(named.model);
    std::vector<float> logits(static_cast<size_t>(head.vocab())), native_logits(logits.size());
    head.logits(rounded.data(), 1, runs[0].options, logits.data());
    head.logits(rounded.data(), 1, runs[1].options, native_logits.data());
    CHECK(same_bits(logits, native_logits) == native_unit().empty());
    // Another order of sums moves some values by one rounding, as rounding at all moves them from the float32 ones.
    CHECK(max_abs_difference(hidden[1], exact) < 2.0 * max_abs_difference(hidden[0], exact));
    CHECK(policy_isa(Policy::kBF16) == isa_name(canonical_isa(isa)));
    CHECK(policy_isa(Policy::kNative) == isa_name(isa));
  }
  set_isa(restore);
}

TEST_CASE("a KV cache of BF16 or FP8 rounds, and more so the narrower it is") {
  const NamedModel named = tiny_models()[0];
  const std::vector<int32_t> ids = some_ids(40, 512, 9);
  const std::vector<float> exact = final_hidden(named.model, {}, ids);
  const double bf16 = max_abs_difference(final_hidden(named.model, {.kv = KvDType::kBF16}, ids), exact);
  const double fp8 = max_abs_difference(final_hidden(named.model, {.kv = KvDType::kF8E4M3}, ids), exact);
  CHECK(bf16 > 0.0);
  CHECK(fp8 > bf16);
}

// One linear by hand: codes times codes summed, times s_x, times s_w, each rounded once.
TEST_CASE("an FP8 linear is ((sum of code products) * s_x) * s_w in every mode that says so") {
  constexpr int64_t kInputs = 24, kOutputs = 18;
  std::vector<float> x(kInputs);
  for (int64_t i = 0; i < kInputs; ++i) x[static_cast<size_t>(i)] = static_cast<float>(i * i % 13 - 5) * 0.31f;
  std::vector<uint8_t> codes(kInputs * kOutputs);
  for (size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<uint8_t>(i * 37 % 0x7F);
  std::vector<float> scales(kOutputs);
  for (size_t i = 0; i < scales.size(); ++i) scales[i] = 0.001f * static_cast<float>(i + 1);
  const PackedMatrix weight = pack_matrix(DType::kF8E4M3, std::as_bytes(std::span(codes)), kOutputs, kInputs, scales);
  std::vector<float> quantized_x(kInputs);
  float s_x = 0.0f;
  quantize_per_token_ref({.x = x.data(), .rows = 1, .width = kInputs, .codes = quantized_x.data(), .scales = &s_x});

  const ModelConfig config;
  Workspace workspace;
  const auto check = [&](const EngineOptions& options, const std::vector<float>& input, float row_scale) {
    Ops ops(config, options, workspace);
    const Rows y = ops.linear(Rows{x.data(), 1, kInputs}, Site::kDenseIn, weight);
    for (int64_t j = 0; j < kOutputs; ++j) {
      float sum = 0.0f;
      for (int64_t k = 0; k < kInputs; ++k)
        sum = std::fma(input[static_cast<size_t>(k)], kE4M3Values[codes[static_cast<size_t>(j * kInputs + k)]], sum);
      CHECK(y.data[j] == (sum * row_scale) * scales[static_cast<size_t>(j)]);
    }
  };
  check({}, quantized_x, s_x);
  check({.linear = LinearMode::kWeightsOnly}, x, 1.0f);
}

TEST_CASE("W16A8 quantizes inputs in front of BF16 weights, W8A16 leaves BF16 checkpoints alone") {
  const NamedModel named = tiny_models()[0];
  const std::vector<int32_t> ids = some_ids(20, 512, 10);
  const std::vector<float> stored = final_hidden(named.model, {}, ids);
  CHECK(same_bits(final_hidden(named.model, {.linear = LinearMode::kWeightsOnly}, ids), stored));
  CHECK_FALSE(same_bits(final_hidden(named.model, {.linear = LinearMode::kActivationsOnly}, ids), stored));
}

TEST_CASE("a head in tiles gives the logits of a head in one piece") {
  const NamedModel named = tiny_models()[0];
  const std::vector<int32_t> ids = some_ids(9, 512, 11);
  const std::vector<float> hidden = final_hidden(named.model, {}, ids);
  const Head whole(named.model), tiled(named.model, 100);
  std::vector<float> a(ids.size() * 512), b(a.size());
  whole.logits(hidden.data(), 9, {}, a.data());
  tiled.logits(hidden.data(), 9, {}, b.data());
  CHECK(same_bits(a, b));
}

TEST_CASE("an id outside the vocabulary is named") {
  const NamedModel named = tiny_models()[0];
  for (const int32_t id : {512, -1})
    CHECK_THROWS_WITH(final_hidden(named.model, {}, std::vector<int32_t>{2, 5, id}),
                      Catch::Contains("token id " + std::to_string(id)) && Catch::Contains("512"));
}

}  // namespace fp8bench::test
