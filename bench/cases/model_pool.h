// The two checkpoints of an end-to-end case, whole in memory: what is timed reads packed weights, and loading is
// reported apart.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "harness/engine/head.h"
#include "harness/engine/weights.h"

namespace fp8bench {

struct LoadedModel {
  std::shared_ptr<const Model> model;
  std::shared_ptr<const Head> head;
  double load_seconds = 0.0;
  // Weight bytes that a token reads (all matrices, top_k of the experts, the head), and its multiply-adds times two,
  // without attention; the head apart, because a prefill needs it for its last token only.
  double token_bytes = 0.0, head_bytes = 0.0;
  double token_flop = 0.0, head_flop = 0.0;
  double layer_bytes = 0.0;  // all weights of all layers
};

class ModelPool {
 public:
  // Specs as open_source takes them; an empty fp8 is derived from bf16 on the fly.
  ModelPool(std::string bf16, std::string fp8);
  // Loads at the first call. Throws InputError, also where the weights do not fit into memory.
  const LoadedModel& get(bool fp8);
  const std::string& spec(bool fp8) const { return fp8 ? fp8_ : bf16_; }

 private:
  std::string bf16_, fp8_;
  std::optional<LoadedModel> loaded_[2];
};

}  // namespace fp8bench
