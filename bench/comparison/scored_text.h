// What a quality suite scores: the bundled passages, the user's token ids, or seeded ids where a checkpoint comes
// without text.
#pragma once
#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "harness/checkpoint/model_config.h"
#include "harness/engine/lockstep.h"

namespace fp8bench {

struct TextOptions {
  std::string ids_file;                              // token ids, one sequence a line; empty: none
  int64_t seeded_sequences = 4, seeded_length = 64;  // for checkpoints without text
};

struct ScoredText {
  std::string name;  // for people and the record
  Batch batch;
};

// Reads or makes the token sequences; before any stage, so that a bad file costs no time. Throws InputError.
// seed: of the seeded ids.
ScoredText choose_text(const TextOptions& options, uint64_t seed, bool bundled, const ModelConfig& config);
// --ids-file, --sequences, --length.
void add_text_options(CLI::App& app, TextOptions& options);

}  // namespace fp8bench
