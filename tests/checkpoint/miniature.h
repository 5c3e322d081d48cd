// Gemma 4 26B-A4B in miniature, in memory.
#pragma once
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "kernels/bf16.h"
#include "tests/checkpoint/memory_source.h"

namespace fp8bench::test {

// A sliding and a full layer, 4 experts, every class of tensor.
inline std::shared_ptr<MemorySource> bf16_model() {
  auto model = std::make_shared<MemorySource>();
  model->config() =
      R"({"model_type": "gemma4", "tie_word_embeddings": true, "text_config": {"num_hidden_layers": 2, "num_experts": 4,
    "enable_moe_block": true, "attention_k_eq_v": true, "layer_types": ["sliding_attention", "full_attention"]}})";
  model->files().push_back({"generation_config.json", {}, "{}"});
  std::mt19937 random(11);
  std::normal_distribution<float> normal(0.0f, 0.02f);
  const auto add = [&](const std::string& name, std::vector<int64_t> shape) {
    int64_t count = 1;
    for (const int64_t size : shape) count *= size;
    std::vector<uint16_t> values(static_cast<size_t>(count));
    for (uint16_t& value : values) value = f32_to_bf16(normal(random));
    model->add_bf16(name, std::move(shape), values);
  };
  const std::string root = "model.language_model.";
  add(root + "embed_tokens.weight", {32, 16});
  add(root + "norm.weight", {16});
  for (const int layer : {0, 1}) {
    const std::string at = fmt::format("{}layers.{}.", root, layer);
    for (const char* norm : {"input_layernorm", "post_feedforward_layernorm_1", "pre_feedforward_layernorm_2"})
      add(at + norm + ".weight", {16});
    for (const char* projection : {"q_proj", "k_proj", "v_proj", "o_proj"})
      if (layer == 0 || std::string(projection) != "v_proj") add(at + "self_attn." + projection + ".weight", {16, 16});
    add(at + "self_attn.q_norm.weight", {8});
    add(at + "mlp.gate_proj.weight", {24, 16});
    add(at + "mlp.up_proj.weight", {24, 16});
    add(at + "mlp.down_proj.weight", {16, 24});
    add(at + "router.proj.weight", {4, 16});
    add(at + "router.per_expert_scale", {4});
    add(at + "layer_scalar", {1});
    add(at + "experts.gate_up_proj", {4, 24, 16});
    add(at + "experts.down_proj", {4, 16, 12});
  }
  add("model.vision_tower.encoder.layers.0.mlp.up_proj.linear.weight", {4, 4});
  // A zero row, for the rule on its scale.
  std::fill_n(model->halves(root + "layers.0.mlp.up_proj.weight"), 16, uint16_t{0});
  return model;
}

}  // namespace fp8bench::test
