// What a loader finds wrong with the values of a checkpoint. Everything is collected and reported at once.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/checkpoint/tensor_source.h"

namespace fp8bench {

class ValueProblems {
 public:
  void add(std::string problem) { list_.push_back(std::move(problem)); }
  void append(const ValueProblems& other) { list_.insert(list_.end(), other.list_.begin(), other.list_.end()); }
  size_t size() const { return list_.size(); }
  // Throws InputError with the complete list; does nothing when it is empty.
  void raise(const std::string& where) const;

 private:
  std::vector<std::string> list_;
};

// `rows` holds rows row_begin .. of `tensor`, in its own dtype. A NaN code in E4M3, a NaN or an infinity in BF16 or F32
// is a problem: it would silently become garbage in every token.
void check_values(const TensorInfo& tensor, std::span<const std::byte> rows, int64_t row_begin,
                  ValueProblems& problems);
// A quantization scale must be finite and positive.
void check_scales(const TensorInfo& tensor, std::span<const float> scales, int64_t row_begin, ValueProblems& problems);

// BF16 or F32 -> float32.
std::vector<float> widen(DType dtype, std::span<const std::byte> values);

}  // namespace fp8bench
