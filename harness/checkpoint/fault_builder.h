// The parts that a checkpoint fault is built from: replaced, added and removed tensors over an untouched source.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "harness/checkpoint/faulty_source.h"
#include "harness/checkpoint/tensor_source.h"

namespace fp8bench {

// Rows begin..end-1 of a replaced tensor. Thread-safe.
using RowFunction = std::function<void(int64_t begin, int64_t end, std::span<std::byte> out)>;

// The BF16 weights behind an FP8 checkpoint: rows of the original where there is one, else codes times scale.
class OriginalWeights {
 public:
  OriginalWeights(TensorSourcePtr fp8, TensorSourcePtr bf16);
  void rows(const TensorInfo& fp8_weight, int64_t begin, int64_t end, std::span<uint16_t> out) const;
  bool exact() const { return bf16_ != nullptr; }

 private:
  struct Place {
    const TensorInfo* tensor;
    int64_t row_begin;
  };
  TensorSourcePtr fp8_, bf16_;
  std::unordered_map<std::string, Place> places_;  // names after the expert split
};

class FaultBuilder {
 public:
  FaultBuilder(TensorSourcePtr source, TensorSourcePtr bf16, std::string fault, const FaultTarget& target);

  double size(double standard) const { return target_.size > 0 ? target_.size : standard; }
  // What the fault hits. Each throws InputError when the model lacks it.
  std::string layer_with(
      std::string_view suffix) const;           // "PREFIX.layers.N." of the target layer among those with this tensor
  std::string expert(bool cold = false) const;  // "PREFIX.layers.N.experts.E."
  std::string neighbour() const;                // another expert of the same layer
  const TensorInfo& fp8_weight(const std::string& name) const;
  std::string any_weight() const;  // an FP8 weight of the busy expert, or of the dense MLP
  std::vector<const TensorInfo*> fp8_weights() const;
  [[noreturn]] void missing(const std::string& what) const;

  void replace(const std::string& name, RowFunction read);
  void read_from(const std::string& name, const std::string& other);  // `name` shows the bytes of `other`
  void change(const std::string& name, DType dtype, RowFunction read);
  void add_after(const std::string& name, TensorInfo tensor, RowFunction read);
  void remove(const std::string& name);

  const TensorSource& source() const { return *source_; }
  const std::shared_ptr<const OriginalWeights>& originals() const { return originals_; }
  TensorSourcePtr build();

 private:
  friend class FaultySource;
  TensorSourcePtr source_;
  std::shared_ptr<const OriginalWeights> originals_;
  std::string fault_;
  FaultTarget target_;
  std::vector<TensorInfo> tensors_;
  std::unordered_map<std::string, RowFunction> edits_;
  std::unordered_set<std::string> removed_;  // applied once, by build(): there can be 23,000 of them
};

}  // namespace fp8bench
