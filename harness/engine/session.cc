#include "harness/engine/session.h"

#include <algorithm>

#include "harness/engine/decoder.h"

namespace fp8bench {

struct Session::State {
  State(std::shared_ptr<const Model> model, const EngineOptions& options, std::shared_ptr<const Head> shared)
      : decoder(model, options),
        head(shared != nullptr ? std::move(shared) : std::make_shared<const Head>(std::move(model))),
        sequence(decoder.open()) {
    head->load();  // packing belongs to loading, not to the first token
  }

  Decoder decoder;
  std::shared_ptr<const Head> head;
  int64_t sequence;
};

Session::Session(std::shared_ptr<const Model> model, EngineOptions options, std::shared_ptr<const Head> head)
    : state_(std::make_unique<State>(std::move(model), options, std::move(head))) {}

Session::~Session() = default;

int64_t Session::length() const { return state_->decoder.length(state_->sequence); }

void Session::rewind(int64_t length) { state_->decoder.rewind(state_->sequence, length); }

std::vector<float> Session::advance(std::span<const int32_t> ids) {
  const EngineOptions& options = state_->decoder.options();
  const size_t piece = options.prefill_piece > 0 ? static_cast<size_t>(options.prefill_piece) : ids.size();
  std::vector<float> hidden;
  for (size_t begin = 0; begin < ids.size(); begin += piece) {
    const Decoder::Input input{.sequence = state_->sequence,
                               .ids = ids.subspan(begin, std::min(piece, ids.size() - begin))};
    hidden = state_->decoder.step(std::span(&input, 1));
  }
  if (hidden.empty()) return {};
  std::vector<float> logits(static_cast<size_t>(state_->head->vocab()));
  state_->head->logits(hidden.data(), 1, options, logits.data());
  return logits;
}

std::vector<int32_t> generate_greedy(Session& session, std::span<const int32_t> prompt, int64_t count,
                                     std::vector<float>* top2_logits) {
  std::vector<int32_t> tokens;
  if (count <= 0) return tokens;
  std::vector<float> logits = session.advance(prompt);
  while (!logits.empty()) {
    const auto best = std::max_element(logits.begin(), logits.end());  // the first of equals: the lowest id
    const int32_t token = static_cast<int32_t>(best - logits.begin());
    tokens.push_back(token);
    if (top2_logits != nullptr) {
      float second = logits[token == 0 ? 1 : 0];
      for (size_t i = 0; i < logits.size(); ++i)
        if (static_cast<int32_t>(i) != token) second = std::max(second, logits[i]);
      top2_logits->insert(top2_logits->end(), {*best, second});
    }
    if (static_cast<int64_t>(tokens.size()) == count) break;
    logits = session.advance(std::span(&token, 1));
  }
  return tokens;
}

}  // namespace fp8bench
