// A checkpoint between the two: FP8 in the modules that are chosen, the BF16 original everywhere else. Module swap
// (which part of a model pays for FP8?) is then one more source, and everything that reads a source can measure it.
#pragma once
#include <functional>
#include <string>

#include "harness/checkpoint/tensor_source.h"

namespace fp8bench {

// By the name of the weight, as "model.layers.3.mlp.down_proj.weight".
using WeightChoice = std::function<bool(const std::string& weight)>;

// `name` stands in its description. The ignore list of config.json names the modules left in BF16, so that it loads and
// audits like any other partly quantized checkpoint. Throws InputError when a BF16 original is missing or the FP8
// checkpoint has no quantization_config.
TensorSourcePtr partly_quantized(TensorSourcePtr bf16, TensorSourcePtr fp8, const std::string& name,
                                 const WeightChoice& in_fp8);

}  // namespace fp8bench
