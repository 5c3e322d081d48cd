// A checkpoint by its name on the command line.
#include <string_view>

#include "harness/checkpoint/tensor_source.h"
#include "harness/io/error.h"

namespace fp8bench {

TensorSourcePtr open_source(const std::string& spec) {
  constexpr std::string_view kSynthetic = "synth:", kQuantized = "quantized:";
  if (spec.empty())
    throw InputError("checkpoint: expected a folder, synth:VARIANT or quantized:CHECKPOINT, found an empty name");
  if (spec.starts_with(kSynthetic)) return open_synthetic_source(spec);
  if (spec.starts_with(kQuantized)) return quantized(open_source(spec.substr(kQuantized.size())));
  return open_safetensors_source(spec);
}

}  // namespace fp8bench
