// A checkpoint that writes what it is told: after the last character of the prompt its one layer, which adds nothing,
// and a head that maps every token to the next one give a fixed answer. What a model would say can so be put into a
// test of everything around it: template, tokens, generation, end tokens, parser, checker.
#pragma once
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/house/source_tree.h"

namespace fp8bench::test {

class ScriptedCheckpoint {
 public:
  // answer: each part becomes a token of its own, so none may occur twice or be one character; parts like
  // "<|tool_call>" are special tokens. The answer follows a prompt that ends in a newline, and ends with the end token.
  ScriptedCheckpoint(const std::string& chat_template, const std::vector<std::string>& answer) {
    using nlohmann::json;
    json vocabulary = json::object(), added = json::array();
    for (int byte = 0; byte < 256; ++byte) vocabulary[symbol(byte)] = byte;
    std::vector<int> chain = {'\n'};
    std::vector<std::string> parts = {"<begin>", "<end>"};
    parts.insert(parts.end(), answer.begin(), answer.end());
    for (size_t i = 0; i < parts.size(); ++i) {
      const int id = 256 + static_cast<int>(i);
      const bool special = parts[i].front() == '<' && parts[i].back() == '>';
      added.push_back({{"id", id},
                       {"content", parts[i]},
                       {"single_word", false},
                       {"lstrip", false},
                       {"rstrip", false},
                       {"normalized", false},
                       {"special", special}});
      if (i >= 2) chain.push_back(id);
    }
    chain.push_back(kEnd);
    const json byte_level = {
        {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}};
    write("tokenizer.json", json({{"version", "1.0"},
                                  {"truncation", nullptr},
                                  {"padding", nullptr},
                                  {"added_tokens", added},
                                  {"normalizer", nullptr},
                                  {"pre_tokenizer", byte_level},
                                  {"post_processor", nullptr},
                                  {"decoder", byte_level},
                                  {"model",
                                   {{"type", "BPE"},
                                    {"dropout", nullptr},
                                    {"unk_token", nullptr},
                                    {"continuing_subword_prefix", nullptr},
                                    {"end_of_word_suffix", nullptr},
                                    {"fuse_unk", false},
                                    {"byte_fallback", false},
                                    {"ignore_merges", false},
                                    {"vocab", vocabulary},
                                    {"merges", json::array()}}}})
                                .dump());
    json config = {{"bos_token", "<begin>"}, {"eos_token", "<end>"}};
    if (!chat_template.empty()) config["chat_template"] = chat_template;
    write("tokenizer_config.json", config.dump());
    write("generation_config.json", json({{"bos_token_id", 256}, {"eos_token_id", kEnd}}).dump());
    write("config.json", json({{"architectures", {"LlamaForCausalLM"}},
                               {"model_type", "llama"},
                               {"hidden_size", kSize},
                               {"intermediate_size", kSmall},
                               {"max_position_embeddings", 8192},
                               {"num_attention_heads", 1},
                               {"num_key_value_heads", 1},
                               {"num_hidden_layers", 1},
                               {"head_dim", kSmall},
                               {"rms_norm_eps", 1e-6},
                               {"rope_theta", 10000.0},
                               {"hidden_act", "silu"},
                               {"tie_word_embeddings", false},
                               {"vocab_size", kSize}})
                             .dump());
    write_weights(chain);
  }

  std::string string() const { return folder_.path().string(); }

 private:
  static constexpr int kEnd = 257, kSize = 272, kSmall = 16;
  static constexpr uint16_t kOne = 0x3F80;  // BF16

  // The printable character that stands for a byte in a byte-level vocabulary.
  static std::string symbol(int byte) {
    int code = 256;
    for (int other = 0; other <= byte; ++other) {
      const bool own = (other >= 33 && other <= 126) || (other >= 161 && other <= 172) || other >= 174;
      if (other == byte)
        code = own ? byte : code;
      else if (!own)
        ++code;
    }
    if (code < 128) return std::string(1, static_cast<char>(code));
    return {static_cast<char>(0xC0 | (code >> 6)), static_cast<char>(0x80 | (code & 0x3F))};
  }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_.path() / name, std::ios::binary) << text;
  }

  void write_weights(const std::vector<int>& chain) const {
    nlohmann::ordered_json header;
    std::vector<uint16_t> data;
    const auto add = [&](const std::string& name, std::vector<int> shape, uint16_t fill) -> size_t {
      size_t count = 1;
      for (const int size : shape) count *= static_cast<size_t>(size);
      const size_t begin = data.size();
      data.resize(begin + count, fill);
      header[name] = {{"dtype", "BF16"}, {"shape", shape}, {"data_offsets", {2 * begin, 2 * data.size()}}};
      return begin;
    };
    const size_t embedding = add("model.embed_tokens.weight", {kSize, kSize}, 0);
    for (size_t t = 0; t < kSize; ++t) data[embedding + t * kSize + t] = kOne;
    const size_t head = add("lm_head.weight", {kSize, kSize}, 0);
    for (size_t i = 1; i < chain.size(); ++i)
      data[head + static_cast<size_t>(chain[i]) * kSize + static_cast<size_t>(chain[i - 1])] = kOne;
    add("model.norm.weight", {kSize}, kOne);
    const std::string layer = "model.layers.0.";
    add(layer + "input_layernorm.weight", {kSize}, kOne);
    add(layer + "post_attention_layernorm.weight", {kSize}, kOne);
    for (const char* name :
         {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "mlp.gate_proj", "mlp.up_proj"})
      add(layer + name + ".weight", {kSmall, kSize}, 0);
    for (const char* name : {"self_attn.o_proj", "mlp.down_proj"}) add(layer + name + ".weight", {kSize, kSmall}, 0);
    std::string text = header.dump();
    text.append((8 - text.size() % 8) % 8, ' ');
    std::ofstream file(folder_.path() / "model.safetensors", std::ios::binary);
    const auto length = static_cast<uint64_t>(text.size());
    file.write(reinterpret_cast<const char*>(&length), 8);
    file << text;
    file.write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(2 * data.size()));
  }

  TemporaryFolder folder_;
};

}  // namespace fp8bench::test
