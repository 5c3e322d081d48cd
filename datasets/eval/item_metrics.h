// Per-item metrics of lm-eval's output types (api/task.py, process_results).
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "datasets/evaluation.h"

namespace fp8bench {

// acc: the largest log-likelihood; acc_norm: per character of the choice (the delimiter does not count); acc_bytes: per
// UTF-8 byte; exact_match: greedy decoding writes the right choice. 1.0 or 0.0 each. Of equals the first wins.
nlohmann::ordered_json choice_metrics(const std::vector<std::string>& choices, std::span<const Response> responses,
                                      int64_t gold);

// word_perplexity, byte_perplexity, bits_per_byte: [nats, words or bytes of `text`].
nlohmann::ordered_json rolling_metrics(const std::string& text, double log_likelihood);

}  // namespace fp8bench
