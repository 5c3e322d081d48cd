// `fp8bench quantize SRC DST`: the whole output directory of llm-compressor 0.14.0.1 with compressed-tensors 0.19.0,
// byte for byte: shards, index, config.json, copied files.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "harness/checkpoint/tensor_source.h"

namespace fp8bench {

struct QuantizeOptions {
  std::vector<std::string> ignore =
      {};              // empty: the default list of the architecture (Gemma 4: the model card's recipe)
  bool force = false;  // replace an existing DST
  std::function<void(int64_t done_bytes, int64_t total_bytes)> progress = {};  // of source bytes; may be null
};

struct QuantizeReport {
  int64_t source_bytes = 0, output_bytes = 0;  // tensor bytes
  int64_t quantized_tensors = 0, copied_tensors = 0;
  double seconds = 0.0;
  int64_t peak_anonymous_bytes = 0;
  std::vector<std::string> warnings;  // e.g. the user's list would quantize a router, and why that is wrong
};

std::vector<std::string> default_ignore_list(const std::string& model_type);
// True when `module` (a tensor name without ".weight") matches a pattern: "re:..." is anchored at the start only
// (Python re.match), anything else must be equal.
bool matches_pattern(const std::string& module, const std::string& pattern);
bool is_quantized_by_recipe(const std::string& tensor_name, const std::vector<std::string>& ignore);
// The warnings above, before anything is done.
std::vector<std::string> recipe_warnings(const TensorSource& source, const std::vector<std::string>& ignore);

// Streams; peak anonymous memory <= 1 GiB at any size. DST appears complete or not at all. Throws InputError.
QuantizeReport quantize_checkpoint(const TensorSourcePtr& source, const std::filesystem::path& destination,
                                   const QuantizeOptions& options);

}  // namespace fp8bench
