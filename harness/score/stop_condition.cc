#include "harness/score/stop_condition.h"

#include <algorithm>

namespace fp8bench {

StopCondition::StopCondition(const Tokenizer& tokenizer, std::vector<std::string> until, std::vector<int32_t> eos)
    : tokenizer_(tokenizer), eos_(std::move(eos)) {
  if (const std::optional<int32_t> id = tokenizer.eos()) {
    const std::string text = tokenizer.decode(std::span(&*id, 1), false);
    if (std::find(until.begin(), until.end(), text) == until.end()) until.push_back(text);
  }
  for (std::string& text : until) {
    if (text.empty()) continue;
    const size_t tokens = tokenizer.encode(text, false).size();
    stops_.push_back({std::move(text), tokens + 2});  // the model may write it in other tokens
  }
}

bool StopCondition::reached(std::span<const int32_t> written) const {
  if (written.empty()) return false;
  if (std::find(eos_.begin(), eos_.end(), written.back()) != eos_.end()) return true;
  return std::any_of(stops_.begin(), stops_.end(), [&](const Stop& stop) {
    const std::string last = tokenizer_.decode(written.last(std::min(stop.lookback, written.size())), false);
    return last.find(stop.text) != std::string::npos;
  });
}

std::string StopCondition::text(std::span<const int32_t> written) const {
  std::string text = tokenizer_.decode(written, true);
  for (const Stop& stop : stops_) text = text.substr(0, text.find(stop.text));
  return text;
}

}  // namespace fp8bench
