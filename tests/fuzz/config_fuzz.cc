// Any text as config.json: refused with InputError, or a configuration whose sizes are in range.
#include <cstdlib>
#include <string>

#include "harness/checkpoint/model_config.h"
#include "harness/checkpoint/quant_scheme.h"
#include "harness/io/error.h"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

void read_config(const std::string& text) {
  const fp8bench::ModelConfig config = fp8bench::parse_model_config(text, "fuzz");
  check(config.hidden > 0 && config.vocab > 0 && !config.layers.empty());
  check(config.top_k <= config.experts);
  for (const fp8bench::LayerConfig& layer : config.layers) {
    check(layer.head_dim > 0 && layer.kv_heads > 0 && config.heads % layer.kv_heads == 0 &&
          (layer.ffn > 0 || layer.moe));
    check(layer.rope_rotated >= 0 && 2 * layer.rope_rotated <= layer.head_dim);
    check(layer.kv_donor < static_cast<int64_t>(config.layers.size()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    read_config(text);
  } catch (const fp8bench::InputError&) {
  }
  try {
    fp8bench::parse_quant_scheme(text, "fuzz");
  } catch (const fp8bench::InputError&) {
  }
  return 0;
}
