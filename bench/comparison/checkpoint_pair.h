// The two checkpoints of a quality suite: what the user named, or the bundled one and FP8 derived from it.
#pragma once
#include <CLI/CLI.hpp>
#include <string>

#include "harness/checkpoint/tensor_source.h"

namespace fp8bench {

struct PairOptions {
  std::string bf16;  // checkpoint spec; empty: the bundled one
  std::string fp8;   // empty: derived from `bf16` on the fly
};

struct CheckpointPair {
  bool bundled = false;  // the bundled checkpoint: text, tasks and upstream hashes exist
  TensorSourcePtr bf16, fp8;
  // For people and the record: the same wherever the repository lies, because it is part of hashed content.
  std::string bf16_name, fp8_name;
};

// Throws InputError.
CheckpointPair open_pair(const PairOptions& options);
// --bf16, --fp8.
void add_pair_options(CLI::App& app, PairOptions& options);

}  // namespace fp8bench
