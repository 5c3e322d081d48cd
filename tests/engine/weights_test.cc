// Bad values stop the load, all of them in one message.
#include "harness/engine/weights.h"

#include <functional>

#include "harness/io/error.h"
#include "tests/engine/golden.h"

namespace fp8bench::test {
namespace {

// A source with some bytes replaced: {tensor, byte offset, new bytes}.
struct Patch {
  std::string tensor;
  int64_t offset;
  std::vector<uint8_t> bytes;
};

class PatchedSource : public TensorSource {
 public:
  PatchedSource(TensorSourcePtr source, std::vector<Patch> patches)
      : source_(std::move(source)), patches_(std::move(patches)) {
    for (const Patch& patch : patches_) source_->at(patch.tensor);  // a typo in a test must not pass
  }
  std::string description() const override { return "patched"; }
  const std::vector<TensorInfo>& tensors() const override { return source_->tensors(); }
  const std::string& config_text() const override { return source_->config_text(); }
  void read_rows(const TensorInfo& tensor, int64_t row_begin, int64_t row_end,
                 std::span<std::byte> out) const override {
    source_->read_rows(tensor, row_begin, row_end, out);
    for (const Patch& patch : patches_) {
      if (patch.tensor != tensor.name) continue;
      for (size_t i = 0; i < patch.bytes.size(); ++i) {
        const int64_t at = patch.offset + static_cast<int64_t>(i) - row_begin * tensor.row_bytes();
        if (at >= 0 && at < static_cast<int64_t>(out.size())) out[static_cast<size_t>(at)] = std::byte{patch.bytes[i]};
      }
    }
  }

 private:
  TensorSourcePtr source_;
  std::vector<Patch> patches_;
};

std::string load_error(const char* checkpoint, std::vector<Patch> patches, int64_t resident_limit = int64_t{1} << 30) {
  try {
    const auto source = std::make_shared<PatchedSource>(open_safetensors_source(golden_path("tiny-moe") / checkpoint),
                                                        std::move(patches));
    const Model model(open_checkpoint(source), resident_limit);
    for (int64_t l = 0; l < model.layer_count(); ++l) model.layer(l);
  } catch (const InputError& error) {
    return error.what();
  }
  return "loaded";
}

constexpr const char* kPrefix = "model.language_model.layers.";
std::string key(int layer, const std::string& name) { return kPrefix + std::to_string(layer) + "." + name; }

}  // namespace

TEST_CASE("a sound checkpoint loads, resident or layer by layer, with the same weights") {
  CHECK(load_error("bf16", {}) == "loaded");
  CHECK(load_error("fp8", {}) == "loaded");
  CHECK(load_error("fp8", {}, 0) == "loaded");
  const Checkpoint checkpoint = open_checkpoint(open_safetensors_source(golden_path("tiny-moe") / "fp8"));
  const Model resident(checkpoint), streamed(checkpoint, 0);
  CHECK(resident.layer(2) == resident.layer(2));
  CHECK(streamed.layer(2) != streamed.layer(2));
  CHECK(streamed.layer(2)->bytes() == resident.layer(2)->bytes());
}

TEST_CASE("every bad value of a checkpoint is in one list") {
  const std::string message =
      load_error("fp8", {{key(0, "self_attn.q_proj.weight"), 65, {0x7F}},  // row 1, column 1
                         {key(0, "self_attn.q_proj.weight"), 130, {0xFF}},
                         {key(1, "mlp.down_proj.weight_scale"), 4, {0x80, 0x7F}},        // row 2: infinity
                         {key(2, "experts.3.up_proj.weight_scale"), 0, {0x00, 0x00}},    // zero
                         {key(3, "experts.7.down_proj.weight_scale"), 2, {0x80, 0xBF}},  // -1
                         {key(4, "input_layernorm.weight"), 6, {0xC0, 0x7F}},            // NaN at column 3
                         {key(5, "router.proj.weight"), 0, {0xC0, 0xFF}}});
  INFO(message);
  using Catch::Contains;
  CHECK_THAT(message, Contains("6 bad values"));
  CHECK_THAT(message,
             Contains(key(0, "self_attn.q_proj.weight") + ": NaN code (0x7F or 0xFF) at row 1, column 1 (2 in all)"));
  CHECK_THAT(message,
             Contains(key(1, "mlp.down_proj.weight_scale") + ": expected finite positive scales, found inf at row 2"));
  CHECK_THAT(message, Contains(key(2, "experts.3.up_proj.weight_scale") +
                               ": expected finite positive scales, found 0 at row 0"));
  CHECK_THAT(message, Contains(key(3, "experts.7.down_proj.weight_scale") +
                               ": expected finite positive scales, found -1 at row 1"));
  CHECK_THAT(message, Contains(key(4, "input_layernorm.weight") + ": NaN or infinity at row 0, column 3"));
  CHECK_THAT(message, Contains(key(5, "router.proj.weight") + ": NaN or infinity at row 0, column 0"));
}

TEST_CASE("a NaN in a fused expert is found in its own row") {
  const std::string name = key(1, "experts.gate_up_proj");
  const TensorSourcePtr source = open_safetensors_source(golden_path("tiny-moe") / "bf16");
  const TensorInfo& tensor = source->at(name);
  const std::string message = load_error("bf16", {{name, tensor.row_bytes() * 100 + 4, {0xC0, 0x7F}}});
  CHECK_THAT(message, Catch::Contains(name + ": NaN or infinity at row 100, column 2"));
}

TEST_CASE("a NaN embedding is named when its token is read") {
  const std::string name = "model.language_model.embed_tokens.weight";
  const auto source = std::make_shared<PatchedSource>(open_safetensors_source(golden_path("tiny-moe") / "bf16"),
                                                      std::vector<Patch>{{name, 9 * 64 * 2, {0xC0, 0x7F}}});
  const Model model(open_checkpoint(source));
  std::vector<float> out(64);
  const int32_t sound = 8, bad = 9;
  model.embed(&sound, 1, out.data());
  CHECK_THROWS_WITH(model.embed(&bad, 1, out.data()), Catch::Contains(name + ": NaN or infinity at row 9, column 0"));
}

}  // namespace fp8bench::test
