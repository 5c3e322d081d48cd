// Every operation builds, passes its own exact checks at awkward sizes, and notices when its output is spoiled.
#include "bench/cases/cases.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <set>

#include "bench/cases/checks.h"
#include "bench/cases/energy.h"
#include "bench/cases/inputs.h"
#include "bench/cases/model_pool.h"
#include "bench/cases/routing.h"
#include "bench/cases/runner.h"
#include "bench/cases/shape_file.h"
#include "harness/io/error.h"
#include "harness/io/text_file.h"

using namespace fp8bench;

namespace {

// One small case for every operation and every way it can go.
const char* const kSmallCases =
    "op=gemm n=50 k=33 tokens=1,9 input=normal,outliers mode=hot,cold accumulate=f32,native\n"
    "op=grouped_gemm n=48 k=20 experts=8 top_k=3 tokens=1,9 routing=uniform,zipf gather=0,1 mode=hot\n"
    "op=grouped_gemm n=32 k=16 experts=32 top_k=4 tokens=12 routing=recorded mode=hot accumulate=f32,native\n"
    "op=moe_layer hidden=64 ffn=32 experts=8 top_k=2 tokens=1,9 mode=hot accumulate=f32,native\n"
    "op=attention heads=4 kv_heads=2 head_dim=24 tokens=1,9 depth=0,21 window=0,5 mode=hot\n"
    "op=router hidden=40 experts=12 top_k=4 tokens=1,9 mode=hot\n"
    "op=rmsnorm width=70 tokens=1,40 mode=hot\n"
    "op=quantize width=70 tokens=1,40 input=normal,uniform,zeros,outliers mode=hot\n"
    "op=gelu_mul width=35 tokens=1,40 mode=hot\n"
    "op=head vocab=70 hidden=24 tokens=1,9 mode=hot accumulate=f32,native\n"
    "op=head vocab=8200 hidden=5 tokens=3 mode=hot\n"
    "op=pp tokens=9 depth=0,5 policy=f32,bf16,native\n"
    "op=tg tokens=4 depth=0,5 policy=f32,native kv=fp8\n"
    "op=divergence sequences=2 length=12 policy=f32,native\n"
    "op=rope heads=3 head_dim=16 rotated=2,8 tokens=1,40 mode=hot\n";

struct Fixture {
  Environment environment = read_environment();
  Ceilings ceilings;
  WeightPool weights{int64_t{64} << 20};
  ModelPool models{"synth:tiny-moe", ""};
  CaseContext context() { return {environment, ceilings, weights, 5, &models}; }
};

}  // namespace

TEST_CASE("every operation passes its exact checks, before and after more runs") {
  Fixture fixture;
  std::set<std::string> seen;
  for (const CaseSpec& spec : parse_shapes(kSmallCases, "small")) {
    CAPTURE(spec.text());
    const BuiltCase built = build_case(spec, fixture.context());
    CHECK_FALSE(built.contenders.empty());
    for (const Contender& contender : built.contenders) {
      CAPTURE(contender.name);
      for (int i = 0; i < 3; ++i) contender.run(i);
      const Check check = contender.check(0);
      CHECK(check.outputs > 0);
      CHECK(check.worst <= 1.0);
      CHECK(contender.amount.bytes + contender.amount.flop > 0.0);
      CHECK(spec.has("contenders", contender.name));
    }
    seen.insert(spec.op);
  }
  CHECK(seen.size() == ops().size());
}

TEST_CASE("another seed's output fails the check of a product") {
  Fixture fixture;
  const CaseSpec spec = parse_shapes("op=gemm n=40 k=24 tokens=3 mode=rotate", "f").front();
  const BuiltCase built = build_case(spec, fixture.context());
  REQUIRE(built.sets > 1);
  for (const Contender& contender : built.contenders) {
    contender.run(0);
    CHECK(contender.check(0).worst <= 1.0);
    CHECK(contender.check(1).worst > 1.0);  // never run: its output is still zero
  }
}

TEST_CASE("inputs of zeros are flagged as such, others are not") {
  Fixture fixture;
  for (const auto& [input, zeros] :
       {std::pair{"zeros", true}, std::pair{"normal", false}, std::pair{"outliers", false}}) {
    const CaseSpec spec = parse_shapes(std::string("op=gemm n=32 k=64 tokens=2 mode=hot input=") + input, "f").front();
    for (const Contender& contender : build_case(spec, fixture.context()).contenders)
      if (contender.name != "bf16") CHECK((contender.zero_share > 0.5) == zeros);
  }
}

TEST_CASE("input distributions have the moments they promise") {
  const auto moments = [](const std::vector<float>& x) {
    const double n = static_cast<double>(x.size());
    const double mean = std::accumulate(x.begin(), x.end(), 0.0) / n;
    double square = 0.0;
    for (const float v : x) square += (v - mean) * (v - mean) / n;
    return std::pair{mean, square};
  };
  const auto [mean, variance] = moments(make_inputs("normal", 100, 400, 3));
  CHECK(std::fabs(mean) < 0.02);
  CHECK(variance == Approx(1.0).epsilon(0.03));
  const auto [umean, uvariance] = moments(make_inputs("uniform", 100, 400, 3));
  CHECK(std::fabs(umean) < 0.02);
  CHECK(uvariance == Approx(1.0 / 3.0).epsilon(0.03));
  CHECK(moments(make_inputs("outliers", 100, 400, 3)).second > 3.0);
  CHECK(make_inputs("normal", 2, 8, 3) == make_inputs("normal", 2, 8, 3));
  CHECK(make_inputs("normal", 2, 8, 3) != make_inputs("normal", 2, 8, 4));
}

TEST_CASE("routings take top_k different experts a token, and are as uneven as they say") {
  const auto kind = GENERATE(as<std::string>{}, "uniform", "zipf", "recorded");
  const int64_t tokens = 256, experts = 128, top_k = 8;
  const auto index = make_routing(kind, tokens, experts, top_k, 9);
  REQUIRE(index.size() == static_cast<size_t>(tokens * top_k));
  for (int64_t t = 0; t < tokens; ++t)
    for (int64_t r = 1; r < top_k; ++r) CHECK(index[t * top_k + r] > index[t * top_k + r - 1]);
  const RoutedRows routed(index, experts, top_k);
  CHECK(routed.rows() == tokens * top_k);
  CHECK(routed.offsets.back() == tokens * top_k);
  for (int64_t row = 0; row < routed.rows(); ++row) {
    const int64_t token = routed.token[row], expert = routed.expert_of(row);
    CHECK(std::count(index.begin() + token * top_k, index.begin() + (token + 1) * top_k, expert) == 1);
  }
  if (kind == "uniform") CHECK(routed.max_over_mean() < 2.5);
  if (kind == "zipf") CHECK(routed.max_over_mean() > 8.0);
  if (kind == "recorded") CHECK(routed.max_over_mean() > 1.2);
  CHECK(index == make_routing(kind, tokens, experts, top_k, 9));
}

TEST_CASE("a routing that cannot be is refused") {
  CHECK_THROWS_AS(make_routing("uniform", 1, 4, 5, 1), InputError);
  CHECK_THROWS_AS(make_routing("recorded", 1, 20, 2, 1), InputError);
}

TEST_CASE("a NaN among errors is kept as the worst") {
  const double nan = std::nan("");
  CHECK(std::isnan(check_outputs(4, true, 1, [&](int64_t i) { return i == 1 ? nan : 9.0; }).worst));
  CHECK(check_outputs(4, true, 1, [](int64_t i) { return static_cast<double>(i); }).worst == 3.0);
  CHECK(check_outputs(100000, false, 1, [](int64_t) { return 0.0; }).outputs == 2048);
}

TEST_CASE("weights are shared by cases of one size, and both sides hold the same ones") {
  WeightPool pool(int64_t{1} << 30);
  const auto sets = pool.get(40, 24, 3);
  CHECK(pool.get(40, 24, 2) == sets);
  CHECK(pool.get(40, 24, 5) != sets);
  REQUIRE(sets->bf16.size() == 3);
  const std::vector<float> one(24, 1.0f), scale = {1.0f};
  for (size_t s = 0; s < 3; ++s)
    for (int64_t n = 0; n < 40; ++n) {
      const double bf16 =
          gemm_ref_output({.x = one.data(), .m = 1, .w = &sets->bf16[s], .row_scales = nullptr, .y = nullptr}, 0, n);
      const double f8 =
          gemm_ref_output({.x = one.data(), .m = 1, .w = &sets->f8[s], .row_scales = scale.data(), .y = nullptr}, 0, n);
      CHECK(std::fabs(bf16 - f8) < 0.25);  // 24 weights of about 0.2, each within 1/16
    }
}

TEST_CASE("energy is the sum of the packages, across a counter that wraps") {
  const auto root = std::filesystem::temp_directory_path() / "fp8bench_energy_test";
  const auto write = [&](const std::string& package, const std::string& energy) {
    std::filesystem::create_directories(root / package);
    write_file_atomically(root / package / "max_energy_range_uj", "1000000\n");
    write_file_atomically(root / package / "energy_uj", energy + "\n");
  };
  CHECK_FALSE(EnergyMeter(root / "nothing").available());
  write("intel-rapl:0", "900000");
  write("intel-rapl:1", "100000");
  write("intel-rapl:0:0", "5");  // a part of package 0
  EnergyMeter meter(root);
  CHECK(meter.available());
  meter.start();
  write("intel-rapl:0", "100000");  // wrapped
  write("intel-rapl:1", "600000");
  write("intel-rapl:0:0", "500000");
  CHECK(meter.stop() == Approx(0.7));
  std::filesystem::remove_all(root);
}
