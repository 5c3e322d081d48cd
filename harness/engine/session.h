// One sequence with a KV cache: prefill, then token by token.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "harness/engine/head.h"
#include "harness/engine/lockstep.h"

namespace fp8bench {

class Session {
 public:
  // `head`: one that several sessions share; null: its own.
  Session(std::shared_ptr<const Model> model, EngineOptions options, std::shared_ptr<const Head> head = nullptr);
  ~Session();
  // Appends tokens; returns the logits of the last one (vocab).
  std::vector<float> advance(std::span<const int32_t> ids);
  int64_t length() const;
  // Forgets every token from position `length` on, as if it had never been appended. Throws std::invalid_argument
  // beyond what there is, and with a perturbation, whose keys depend on all tokens.
  void rewind(int64_t length);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Greedy continuation (ties to the lowest id), at most `count` tokens, no stop tokens.
std::vector<int32_t> generate_greedy(Session& session, std::span<const int32_t> prompt, int64_t count,
                                     std::vector<float>* top2_logits = nullptr);

}  // namespace fp8bench
