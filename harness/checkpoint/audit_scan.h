// One streaming pass over a checkpoint, and over its source where there is one: the facts from which the checks judge.
#pragma once
#include <cstdint>
#include <limits>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/checkpoint/audit.h"
#include "harness/checkpoint/fp8_recipe.h"
#include "harness/checkpoint/row_kernels.h"

namespace fp8bench {

// How often something was found and where first (by row: the same text whatever the threads do).
struct Occurrences {
  int64_t count = 0, row = std::numeric_limits<int64_t>::max();
  std::string first;

  template <typename Describe>
  void add(int64_t at_row, Describe describe) {
    ++count;
    if (at_row >= row) return;
    row = at_row;
    first = describe();
  }
  void merge(const Occurrences& other);
};

// How a tensor's values compare with what the recipe makes of the source.
struct Comparison {
  bool compared = false;        // false: no source, or see `reason`
  std::string reason;           // why it could not be compared: no counterpart, another dtype or shape
  Occurrences differing;        // values; `first` names row and column, expected and found
  int64_t rows_not_direct = 0;  // where codes differ: rows that the direct-f32 rule does not explain (a second pass)
  int64_t largest_step = 0;     // in codes of the type
};

struct TensorFacts {
  const TensorInfo* tensor = nullptr;
  const TensorInfo* scale = nullptr;       // of an F8 weight: its BF16 scales, one for each row
  const PlannedTensor* planned = nullptr;  // what the recipe makes under this name
  int64_t scale_index = -1;                // of `scale` in the list of facts
  bool is_scale_of_weight = false;         // scanned together with its weight

  CodeCounts codes;  // F8
  Occurrences nan_codes, rows_without_largest, wrong_zero_scales;
  int64_t code_rows = 0, zero_rows = 0, zero_scale_rows = 0;
  int64_t scales = 0;  // BF16 scales looked at
  Occurrences unsound_scales, illegal_mantissas;

  Comparison comparison;
  Occurrences beyond_bound;          // |code * scale - w| above what the recipe allows
  Occurrences other_half;            // rows that are what the recipe makes of the sibling (gate for up, up for gate)
  double signal = 0.0, noise = 0.0;  // sums of squares over a sample of rows
  int64_t rows_compared = 0;

  void merge(const TensorFacts& piece);
};

struct ScanInput {
  const TensorSource& checkpoint;
  const TensorSource* source;                                            // may be null
  const std::unordered_map<std::string, const PlannedTensor*>& planned;  // by output name
};

std::vector<TensorFacts> scan_checkpoint(const ScanInput& input);

// Names the derivation of a compared tensor.
Derivation derivation_of(const TensorFacts& facts);

}  // namespace fp8bench
