// The bundled checkpoint against transformers on its golden sequence: the widths of a trained model, outlier channels
// included.
#include "harness/engine/bundled.h"
#include "tests/engine/golden.h"

namespace fp8bench::test {
namespace {

// The largest difference of a position's values.
std::vector<double> errors_by_position(const std::vector<float>& found, const std::vector<float>& expected,
                                       size_t positions) {
  REQUIRE(found.size() == expected.size());
  const size_t width = found.size() / positions;
  std::vector<double> errors(positions, 0.0);
  for (size_t i = 0; i < found.size(); ++i)
    errors[i / width] = std::max(errors[i / width], std::abs(static_cast<double>(found[i]) - expected[i]));
  return errors;
}

}  // namespace

TEST_CASE("the bundled checkpoint in BF16 equals its golden") {
  const Golden golden(bundled_path() / "golden.safetensors");
  const std::shared_ptr<const Model> model = open_model(bundled_path() / "checkpoint");
  const Trace trace(model, {}, golden.values<int32_t>("seq0.input_ids"));
  for (const auto& [name, tensor] : trace.tensors()) {
    if (name == "input_ids") continue;
    INFO(name);
    if (tensor.info.dtype == DType::kI32) {
      CHECK(trace.values<int32_t>(name) == golden.values<int32_t>("f32b.seq0." + name));
    } else {
      CHECK(max_abs_difference(trace.values<float>(name), golden.values<float>("f32b.seq0." + name)) <= 1e-3);
    }
  }
}

TEST_CASE("the bundled checkpoint in FP8 equals its golden where no code flips") {
  const Golden golden(bundled_path() / "golden.safetensors");
  const auto model =
      std::make_shared<const Model>(open_checkpoint(quantized(open_safetensors_source(bundled_path() / "checkpoint"))));
  const auto ids = golden.values<int32_t>("seq0.input_ids");
  const Trace trace(model, {}, ids);
  // How far a position's logits move under noise of 2e-7 in another correct engine: what is quiet there must be equal
  // here.
  const auto noise = golden.values<float>("fp8.seq0.noise");
  const auto errors =
      errors_by_position(trace.values<float>("logits"), golden.values<float>("fp8.seq0.logits"), ids.size());
  int64_t quiet = 0, equal = 0;
  for (size_t t = 0; t < ids.size(); ++t) {
    if (noise[t] >= 1e-3f) continue;
    ++quiet;
    equal += errors[t] <= 1e-3 ? 1 : 0;
  }
  INFO(equal << " of " << quiet << " quiet positions of " << ids.size() << " are equal");
  CHECK(quiet > 0);
  CHECK(equal * 10 >= quiet * 9);  // noise was sampled: a few positions hide a boundary that 16 draws did not cross
}

}  // namespace fp8bench::test
