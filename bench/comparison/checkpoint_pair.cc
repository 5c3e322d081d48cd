#include "bench/comparison/checkpoint_pair.h"

#include "harness/engine/bundled.h"

namespace fp8bench {

CheckpointPair open_pair(const PairOptions& options) {
  CheckpointPair pair;
  pair.bundled = options.bf16.empty();
  pair.bf16 = open_source(pair.bundled ? (bundled_path() / "checkpoint").string() : options.bf16);
  pair.fp8 = options.fp8.empty() ? quantized(pair.bf16) : open_source(options.fp8);
  pair.bf16_name = pair.bundled ? "nano (bundled)" : options.bf16;
  pair.fp8_name = options.fp8.empty() ? "FP8_DYNAMIC of it, derived here" : options.fp8;
  return pair;
}

void add_pair_options(CLI::App& app, PairOptions& options) {
  app.add_option("--bf16", options.bf16, "BF16 checkpoint: a folder, synth:..., default: the bundled nano checkpoint");
  app.add_option("--fp8", options.fp8,
                 "FP8 checkpoint: a folder or quantized:...; default: derived from the BF16 one on the fly")
      ->needs("--bf16");
}

}  // namespace fp8bench
