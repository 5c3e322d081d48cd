// Which part of a model pays for FP8? One run with FP8 in one part and BF16 in all others, for every part; and, for
// groups of parts, one run with all but it. KLD is quadratic in small independent errors, so that parts that do not
// interact add up to the whole; how far they do is reported, with an interval.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/checkpoint/partly_quantized.h"
#include "harness/checkpoint/tensor_map.h"
#include "harness/score/bootstrap.h"
#include "harness/score/token_divergence.h"

namespace fp8bench {

struct SwapPart {
  std::string key;    // in the record: "experts", "layer_3", "all_but_experts"
  std::string group;  // "class", "layer", "all_but": the parts of "class" and those of "layer" make up the whole
  WeightChoice in_fp8;
};

// The classes of weights that are FP8 in `fp8`, and its layers; names as Hugging Face writes them.
std::vector<SwapPart> swap_parts(const TensorSource& fp8);
// The number after ".layers." in a tensor's name; -1: none.
int64_t layer_of_tensor(const std::string& name);

// sum over parts of KLD / KLD of the whole, over the same tokens, documents drawn with replacement. 1: they add up.
struct Additivity {
  double ratio = 0;
  Bounds interval;  // 95 %
};
// parts[i] and whole: the tokens of run i against BF16, all of the same batch. Throws CheckError when they differ.
Additivity additivity(std::span<const std::vector<TokenDivergence>> parts, std::span<const TokenDivergence> whole,
                      const BootstrapOptions& options = {});

}  // namespace fp8bench
