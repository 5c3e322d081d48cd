// What a checkpoint's generation_config.json says about writing text.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "harness/checkpoint/tensor_map.h"

namespace fp8bench {

struct GenerationConfig {
  std::vector<int32_t> eos;  // end a sequence; from config.json where the file names none
  bool do_sample = false;
  // Used when do_sample; where the file has none, transformers' own defaults.
  double temperature = 1, top_p = 1, min_p = 0;
  int64_t top_k = 50;
};

// Of the checkpoint's side files; a checkpoint without the file has the defaults. Throws InputError with the file and
// the key.
GenerationConfig read_generation_config(const Checkpoint& checkpoint);
GenerationConfig parse_generation_config(const std::string& text, const std::string& where);

// The tokens that the model was made for: max_position_embeddings of config.json (or n_positions, n_ctx; text_config's
// before the top level's), 0 when it says nothing.
int64_t context_length(const std::string& config_text);

// Sha-256 over the configuration and the tensors: their names, types, shapes and bytes, or, beyond `whole_limit` bytes,
// the first and the last row of each. Equal fingerprints of whole checkpoints are equal checkpoints.
std::string checkpoint_fingerprint(const TensorSource& source, int64_t whole_limit = int64_t{2} << 30);

}  // namespace fp8bench
