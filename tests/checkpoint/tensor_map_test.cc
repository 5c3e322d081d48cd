#include "harness/checkpoint/tensor_map.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/checkpoint/gemma4_config.h"
#include "tests/checkpoint/scratch.h"
#include "tests/test_data.h"

using namespace fp8bench;
using Catch::Matchers::Contains;
using test::input_error;

namespace {

// A list of tensors without values, to be edited: maps depend on names, types and shapes only.
class ListedSource final : public TensorSource {
 public:
  ListedSource(std::vector<TensorInfo> tensors, std::string config)
      : tensors_(std::move(tensors)), config_(std::move(config)) {}
  std::string description() const override { return "listed"; }
  const std::vector<TensorInfo>& tensors() const override { return tensors_; }
  const std::string& config_text() const override { return config_; }
  void read_rows(const TensorInfo&, int64_t, int64_t, std::span<std::byte> out) const override {
    std::fill(out.begin(), out.end(), std::byte{0});
  }

 private:
  std::vector<TensorInfo> tensors_;
  std::string config_;
};

struct Editor {
  std::vector<TensorInfo> tensors;
  nlohmann::json config;

  explicit Editor(const std::string& spec = "synth:tiny-moe") {
    const TensorSourcePtr source = open_source(spec);
    tensors = source->tensors();
    config = nlohmann::json::parse(source->config_text());
  }
  TensorInfo& tensor(const std::string& name) {
    const auto found =
        std::find_if(tensors.begin(), tensors.end(), [&](const TensorInfo& t) { return t.name == name; });
    REQUIRE(found != tensors.end());
    return *found;
  }
  void remove(const std::string& name) { tensors.erase(tensors.begin() + (&tensor(name) - tensors.data())); }
  void add(const std::string& name, DType dtype, std::vector<int64_t> shape) {
    tensors.push_back({name, dtype, std::move(shape), ""});
  }

  // What the recipe makes of this list: experts per matrix, FP8 codes with a scale per row.
  void quantize() {
    config["quantization_config"] = test::fp8_dynamic_config();
    std::vector<TensorInfo> split;
    for (const TensorInfo& t : tensors) {
      const auto dot = t.name.rfind('.');
      if (t.shape.size() == 3) {
        const bool gate_up = t.name.ends_with("gate_up_proj");
        for (int64_t e = 0; e < t.shape[0]; ++e)
          for (const char* part :
               gate_up ? std::vector<const char*>{"gate_proj", "up_proj"} : std::vector<const char*>{"down_proj"})
            add_fp8(split, t.name.substr(0, dot + 1) + std::to_string(e) + "." + part, t.shape[1] / (gate_up ? 2 : 1),
                    t.shape[2]);
      } else if (t.shape.size() == 2 && t.name.find("embed") == std::string::npos &&
                 t.name.find("router") == std::string::npos) {
        add_fp8(split, t.name.substr(0, dot), t.shape[0], t.shape[1]);
      } else {
        split.push_back(t);
      }
    }
    tensors = split;
  }
  static void add_fp8(std::vector<TensorInfo>& list, const std::string& module, int64_t outputs, int64_t inputs) {
    list.push_back({module + ".weight", DType::kF8E4M3, {outputs, inputs}, ""});
    list.push_back({module + ".weight_scale", DType::kBF16, {outputs, 1}, ""});
  }

  Checkpoint open() const { return open_checkpoint(std::make_shared<ListedSource>(tensors, config.dump())); }
  std::string refusal() const {
    return input_error([&] { open(); });
  }
};

const std::string kLayer0 = "model.language_model.layers.0.";

int64_t lines(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

}  // namespace

TEST_CASE("Fused experts: gate rows first, then up rows, expert by expert") {
  const Checkpoint checkpoint = Editor().open();
  CHECK(checkpoint.config.text_prefix == "model.language_model.");
  CHECK(checkpoint.scheme.kind == QuantKind::kNone);
  CHECK(checkpoint.tensors.skipped.empty());
  CHECK(checkpoint.tensors.head == nullptr);
  const LayerTensors& layer = checkpoint.tensors.layers.at(0);
  REQUIRE(layer.expert_gate.size() == 8);
  CHECK(layer.expert_gate[3].weight->name == kLayer0 + "experts.gate_up_proj");
  CHECK(layer.expert_gate[3].row_begin == 3 * 64);
  CHECK(layer.expert_up[3].row_begin == 3 * 64 + 32);
  CHECK(layer.expert_down[3].row_begin == 3 * 64);
  CHECK(layer.expert_down[3].outputs == 64);
  CHECK(layer.expert_down[3].inputs == 32);
  CHECK(layer.expert_up[3].scale == nullptr);
  CHECK(layer.router.weight->name == kLayer0 + "router.proj.weight");
  CHECK(layer.q.outputs == 64);
  CHECK(static_cast<bool>(layer.v));
  const LayerTensors& full = checkpoint.tensors.layers.at(5);
  CHECK_FALSE(static_cast<bool>(full.v));  // V is the raw K
  CHECK(full.k.outputs == 32);
  CHECK(full.q_norm->shape == std::vector<int64_t>{32});
}

TEST_CASE("An FP8 checkpoint has a scale beside every linear, and none beside the router") {
  Editor editor;
  editor.quantize();
  const Checkpoint checkpoint = editor.open();
  CHECK(checkpoint.scheme.kind == QuantKind::kFp8Dynamic);
  const LayerTensors& layer = checkpoint.tensors.layers.at(2);
  CHECK(layer.expert_up.at(7).weight->name == "model.language_model.layers.2.experts.7.up_proj.weight");
  CHECK(layer.expert_up.at(7).scale->shape == std::vector<int64_t>{32, 1});
  CHECK(layer.expert_up.at(7).row_begin == 0);
  CHECK(layer.down.scale != nullptr);
  CHECK(layer.router.scale == nullptr);
}

TEST_CASE("Experts may also be BF16 matrices of their own") {
  Editor editor;
  editor.quantize();
  editor.config.erase("quantization_config");
  std::erase_if(editor.tensors, [](const TensorInfo& t) { return t.name.ends_with("weight_scale"); });
  for (TensorInfo& t : editor.tensors) t.dtype = DType::kBF16;
  CHECK(editor.open().tensors.layers[0].expert_gate[7].weight->name == kLayer0 + "experts.7.gate_proj.weight");
}

TEST_CASE("Text-only checkpoints have the short prefix") {
  Editor editor;
  for (TensorInfo& t : editor.tensors) t.name = "model." + t.name.substr(std::string("model.language_model.").size());
  editor.config = editor.config["text_config"];
  CHECK(editor.open().config.text_prefix == "model.");
}

TEST_CASE("Vision and audio are skipped by their own list, and counted") {
  Editor editor;
  editor.add("model.vision_tower.encoder.layers.0.mlp.up_proj.linear.weight", DType::kBF16, {4, 4});
  editor.add("model.embed_vision.embedding_projection.weight", DType::kBF16, {4, 4});
  editor.add("model.audio_tower.subsample.conv.weight", DType::kF32, {1, 2, 3});
  CHECK(editor.open().tensors.skipped.size() == 3);
  editor.add("model.video_tower.x", DType::kBF16, {1});
  CHECK_THAT(editor.refusal(), Contains("model.video_tower.x: expected no such tensor in this model, found BF16 [1]"));
}

TEST_CASE("A tied head that is stored again is skipped, if it is the right one") {
  Editor editor;
  editor.add("lm_head.weight", DType::kBF16, {512, 64});
  CHECK(editor.open().tensors.skipped.size() == 1);
  editor.tensor("lm_head.weight").dtype = DType::kF8E4M3;
  CHECK_THAT(
      editor.refusal(),
      Contains("lm_head.weight: expected BF16 [512, 64] (a copy of the tied embedding), found F8_E4M3 [512, 64]"));
}

TEST_CASE("An untied head is needed and mapped") {
  Editor editor;
  editor.config["tie_word_embeddings"] = false;
  editor.config["text_config"]["tie_word_embeddings"] = false;
  CHECK_THAT(editor.refusal(),
             Contains("lm_head.weight: expected BF16 [512, 64] (the head is not tied), found nothing"));
  editor.add("lm_head.weight", DType::kBF16, {512, 64});
  CHECK(editor.open().tensors.head->name == "lm_head.weight");
}

TEST_CASE("Everything that is wrong is in one error") {
  Editor editor;
  editor.remove(kLayer0 + "layer_scalar");
  editor.tensor(kLayer0 + "mlp.up_proj.weight").shape = {64, 96};
  editor.tensor("model.language_model.norm.weight").dtype = DType::kF32;
  editor.add(kLayer0 + "self_attn.k_proj.bias", DType::kBF16, {32});
  editor.add("model.language_model.layers.5.self_attn.v_proj.weight", DType::kBF16, {32, 64});
  const std::string error = editor.refusal();
  CHECK_THAT(error, Contains("listed: 5 tensors of the checkpoint are not as the config says"));
  CHECK_THAT(error, Contains(kLayer0 + "layer_scalar: expected BF16 [1], found nothing"));
  CHECK_THAT(error, Contains(kLayer0 + "mlp.up_proj.weight: expected BF16 [96, 64], found BF16 [64, 96]"));
  CHECK_THAT(error, Contains("model.language_model.norm.weight: expected BF16 [64], found F32 [64]"));
  CHECK_THAT(error,
             Contains(kLayer0 + "self_attn.k_proj.bias: expected no such tensor in this model, found BF16 [32]"));
  CHECK_THAT(error, Contains("layers.5.self_attn.v_proj.weight: expected no such tensor in this model"));
  CHECK(lines(error) == 5);
}

TEST_CASE("A scale of the wrong type or shape is refused") {
  Editor editor;
  editor.quantize();
  editor.tensor(kLayer0 + "mlp.up_proj.weight_scale").dtype = DType::kF32;
  editor.tensor(kLayer0 + "mlp.down_proj.weight_scale").shape = {1};
  editor.remove(kLayer0 + "experts.3.up_proj.weight_scale");
  const std::string error = editor.refusal();
  CHECK_THAT(error, Contains("mlp.up_proj.weight_scale: expected BF16 [96, 1], found F32 [96, 1]"));
  CHECK_THAT(error, Contains("mlp.down_proj.weight_scale: expected BF16 [64, 1], found BF16 [1]"));
  CHECK_THAT(error, Contains("experts.3.up_proj.weight_scale: expected BF16 [32, 1], found nothing"));
}

TEST_CASE("Experts that a quantizer skipped are named, every one") {
  Editor fused;
  Editor editor;
  editor.quantize();
  std::erase_if(editor.tensors, [](const TensorInfo& t) { return t.name.find(".experts.") != std::string::npos; });
  for (const TensorInfo& t : fused.tensors)
    if (t.name.find(".experts.") != std::string::npos) editor.tensors.push_back(t);
  const std::string error = editor.refusal();
  CHECK_THAT(error, Contains(kLayer0 + "experts.gate_up_proj: expected per-expert F8_E4M3 weights"));
  CHECK_THAT(error, Contains("were the experts skipped by the quantizer?), found BF16 [8, 64, 64]"));
  CHECK(lines(error) == 12);
  editor.config["quantization_config"]["ignore"].push_back("re:.*experts.*");  // then it was meant so
  CHECK(editor.open().tensors.layers[0].expert_gate[1].weight->dtype == DType::kBF16);
}

TEST_CASE("A linear may stay in BF16 only where the ignore list says so") {
  Editor editor;
  editor.quantize();
  editor.tensor(kLayer0 + "mlp.up_proj.weight").dtype = DType::kBF16;
  editor.remove(kLayer0 + "mlp.up_proj.weight_scale");
  CHECK_THAT(editor.refusal(),
             Contains(kLayer0 +
                      "mlp.up_proj.weight: expected F8_E4M3 [96, 64] (the config says FP8; was this tensor skipped"));
  editor.config["quantization_config"]["ignore"].push_back(kLayer0 + "mlp.up_proj");
  CHECK(editor.open().tensors.layers[0].up.scale == nullptr);
}

TEST_CASE("A router, a norm or an embedding in FP8 is refused") {
  Editor editor;
  editor.quantize();
  for (const char* name :
       {"layers.0.router.proj.weight", "layers.0.post_feedforward_layernorm_1.weight", "embed_tokens.weight"})
    editor.tensor(std::string("model.language_model.") + name).dtype = DType::kF8E4M3;
  const std::string error = editor.refusal();
  CHECK_THAT(
      error,
      Contains("router.proj.weight: expected BF16 [8, 64] (a router is never quantized), found F8_E4M3 [8, 64]"));
  CHECK_THAT(error, Contains("post_feedforward_layernorm_1.weight: expected BF16 [64], found F8_E4M3 [64]"));
  CHECK_THAT(error, Contains("embed_tokens.weight: expected BF16 [512, 64], found F8_E4M3 [512, 64]"));
}

TEST_CASE("FP8 weights without a scheme, and a scheme without FP8 weights, are refused") {
  Editor editor;
  editor.quantize();
  editor.config.erase("quantization_config");
  CHECK_THAT(
      editor.refusal(),
      Contains("mlp.up_proj.weight: expected BF16 [96, 64] (the config has no quantization_config), found F8_E4M3"));
  Editor bf16;
  bf16.config["quantization_config"] = test::fp8_dynamic_config();
  CHECK_THAT(bf16.refusal(), Contains("mlp.up_proj.weight: expected F8_E4M3 [96, 64]"));
  Editor none;
  none.config = nullptr;
  CHECK_THAT(none.refusal(), Contains("listed/config.json: file: expected an object, found null"));
}

TEST_CASE("K and V of sharing layers are dead: present or not, they are skipped") {
  Editor editor("synth:gemma-4-e2b?layers=20");
  CHECK(editor.open().tensors.skipped.empty());
  const std::string shared = "model.language_model.layers.15.self_attn.";
  editor.add(shared + "k_proj.weight", DType::kBF16, {256, 1536});
  editor.add(shared + "k_norm.weight", DType::kBF16, {256});
  const Checkpoint checkpoint = editor.open();
  CHECK(checkpoint.tensors.skipped.size() == 2);
  CHECK(checkpoint.tensors.layers[15].k.weight == nullptr);
  CHECK(checkpoint.tensors.layers[15].k_norm == nullptr);
  CHECK(checkpoint.tensors.layers[14].k.weight != nullptr);
  CHECK(checkpoint.tensors.ple_model_projection.outputs == 20 * 256);
  CHECK(checkpoint.tensors.layers[15].ple_gate.outputs == 256);
}

TEST_CASE("Classes by name") {
  const std::string l = "model.language_model.layers.3.";
  CHECK(classify_tensor(l + "self_attn.q_proj.weight_scale") == TensorClass::kAttention);
  CHECK(classify_tensor(l + "self_attn.q_norm.weight") == TensorClass::kNorm);
  CHECK(classify_tensor(l + "mlp.up_proj.weight") == TensorClass::kDenseMlp);
  CHECK(classify_tensor(l + "experts.12.down_proj.weight") == TensorClass::kExpert);
  CHECK(classify_tensor(l + "experts.gate_up_proj") == TensorClass::kExpert);
  CHECK(classify_tensor(l + "router.per_expert_scale") == TensorClass::kRouter);
  CHECK(classify_tensor(l + "post_feedforward_layernorm_2.weight") == TensorClass::kNorm);
  CHECK(classify_tensor(l + "post_per_layer_input_norm.weight") == TensorClass::kNorm);
  CHECK(classify_tensor(l + "per_layer_input_gate.weight") == TensorClass::kPerLayerInput);
  CHECK(classify_tensor(l + "layer_scalar") == TensorClass::kScalar);
  CHECK(classify_tensor("model.language_model.embed_tokens.weight") == TensorClass::kEmbedding);
  CHECK(classify_tensor("model.language_model.embed_tokens_per_layer.weight") == TensorClass::kPerLayerInput);
  CHECK(classify_tensor("model.language_model.norm.weight") == TensorClass::kNorm);
  CHECK(classify_tensor("lm_head.weight") == TensorClass::kHead);
  CHECK(classify_tensor("model.vision_tower.encoder.layers.0.self_attn.q_norm.weight") == TensorClass::kVision);
  CHECK(classify_tensor("model.audio_tower.x") == TensorClass::kAudio);
  CHECK(classify_tensor("something.else") == TensorClass::kOther);
  CHECK(tensor_class_name(TensorClass::kPerLayerInput) == "per-layer input");
}

TEST_CASE("The goldens are mapped completely") {
  struct Golden {
    const char* name;
    size_t tensors, skipped;
    bool fp8;
  };
  for (const Golden& golden : {Golden{"tiny-moe/bf16", 151, 18, false}, Golden{"tiny-moe/fp8", 468, 18, true},
                               Golden{"tiny-dense/bf16", 103, 18, false}, Golden{"tiny-dense/fp8", 144, 18, true},
                               Golden{"tiny-e2b/bf16", 193, 18 + 4 * 3, false}}) {
    FP8BENCH_REQUIRE_DATA(goldens, "goldens");
    INFO(golden.name);
    const Checkpoint checkpoint = open_checkpoint((goldens / golden.name).string());
    CHECK(checkpoint.source->tensors().size() == golden.tensors);
    CHECK(checkpoint.tensors.skipped.size() == golden.skipped);
    CHECK((checkpoint.scheme.kind == QuantKind::kFp8Dynamic) == golden.fp8);
    CHECK((checkpoint.tensors.layers[1].up.scale != nullptr) == golden.fp8);
    CHECK(checkpoint.tensors.layers[1].up.weight->dtype == (golden.fp8 ? DType::kF8E4M3 : DType::kBF16));
  }
}
