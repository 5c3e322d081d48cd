#include "harness/score/metric_table.h"

#include <algorithm>
#include <array>

namespace fp8bench {
namespace {

constexpr std::array kMetrics = {
    MetricInfo{"exact_match", MetricKind::kBinary, true, "0 or 1"},
    MetricInfo{"acc", MetricKind::kBinary, true, "0 or 1; fractions (truthfulqa_mc2) are paired as real"},
    MetricInfo{"acc_norm", MetricKind::kBinary, true, "0 or 1"},
    MetricInfo{"acc_bytes", MetricKind::kBinary, true, "0 or 1"},
    MetricInfo{"acc_mutual_info", MetricKind::kBinary, true, "0 or 1"},
    MetricInfo{"prompt_level_strict_acc", MetricKind::kBinary, true, "true or false"},
    MetricInfo{"prompt_level_loose_acc", MetricKind::kBinary, true, "true or false"},
    MetricInfo{"inst_level_strict_acc", MetricKind::kReal, true,
               "[true, ...]: one an instruction, prompts are clusters"},
    MetricInfo{"inst_level_loose_acc", MetricKind::kReal, true,
               "[true, ...]: one an instruction, prompts are clusters"},
    MetricInfo{"word_perplexity", MetricKind::kPerplexity, false, "[log-likelihood, words]"},
    MetricInfo{"byte_perplexity", MetricKind::kPerplexity, false, "[log-likelihood, bytes]"},
    MetricInfo{"bits_per_byte", MetricKind::kBits, false, "[log-likelihood, bytes]"},
    MetricInfo{"perplexity", MetricKind::kPerplexity, false, "log-likelihood of the target"},
    MetricInfo{"likelihood", MetricKind::kReal, true, "a number"},
};

constexpr std::array<std::string_view, 8> kSetMetrics = {"mcc",    "f1",  "bleu",        "chrf",
                                                         "chrf++", "ter", "brier_score", "acc_all"};

}  // namespace

std::span<const MetricInfo> metric_table() { return kMetrics; }

const MetricInfo* find_metric(std::string_view name) {
  const auto at = std::find_if(kMetrics.begin(), kMetrics.end(), [&](const MetricInfo& m) { return m.name == name; });
  return at == kMetrics.end() ? nullptr : &*at;
}

bool is_set_metric(std::string_view name) {
  return std::find(kSetMetrics.begin(), kSetMetrics.end(), name) != kSetMetrics.end();
}

}  // namespace fp8bench
