#include "datasets/eval/item_metrics.h"

#include "datasets/eval/figures.h"
#include "datasets/eval/python_text.h"

namespace fp8bench {

using Json = nlohmann::ordered_json;

Json choice_metrics(const std::vector<std::string>& choices, std::span<const Response> responses, int64_t gold) {
  std::vector<double> plain, per_character, per_byte;
  for (size_t i = 0; i < choices.size(); ++i) {
    const double value = responses[i].log_likelihood;
    plain.push_back(value);
    per_character.push_back(value / static_cast<double>(python_len(choices[i])));
    per_byte.push_back(value / static_cast<double>(choices[i].size()));
  }
  const auto right = [&](const std::vector<double>& values) { return first_argmax(values) == gold ? 1.0 : 0.0; };
  const bool known = gold >= 0 && gold < static_cast<int64_t>(choices.size());
  return {{"acc", right(plain)},
          {"acc_norm", right(per_character)},
          {"acc_bytes", right(per_byte)},
          {"exact_match", known && responses[static_cast<size_t>(gold)].greedy ? 1 : 0}};
}

Json rolling_metrics(const std::string& text, double log_likelihood) {
  const Json bytes = Json::array({log_likelihood, text.size()});
  return {{"word_perplexity", Json::array({log_likelihood, count_whitespace_pieces(text)})},
          {"byte_perplexity", bytes},
          {"bits_per_byte", bytes}};
}

}  // namespace fp8bench
