#include "bench/comparison/paired_table.h"

#include <fmt/core.h>

#include <cmath>

namespace fp8bench {
namespace {

bool is_likelihood(const TaskVerdict& v) { return v.kind == MetricKind::kPerplexity || v.kind == MetricKind::kBits; }

// Shares in percent, differences in points; perplexities as they are, differences in nats per unit.
std::string score(const TaskVerdict& v, double x) {
  return is_likelihood(v) ? significant(x, 6) : fmt::format("{:.2f} %", 100 * x);
}

std::string change(const TaskVerdict& v, double x) {
  if (!std::isfinite(x)) return "?";
  return is_likelihood(v) ? fmt::format("{:+.5f}", x) : fmt::format("{:+.2f}", 100 * x);
}

std::string interval(const TaskVerdict& v, const Bounds& bounds) {
  return fmt::format("[{}, {}]", change(v, bounds.low), change(v, bounds.high));
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return text;
}

std::string metric_name(const TaskVerdict& v) { return v.filter == "none" ? v.metric : v.metric + "," + v.filter; }

std::string items(const TaskVerdict& v) {
  return v.clusters == v.items ? fmt::format("{}", v.items) : fmt::format("{} ({} clusters)", v.items, v.clusters);
}

std::string ratio(const std::optional<PairedRatio>& r) {
  if (!r) return "-";
  return fmt::format("{:.2f} % [{:.2f}, {:.2f}]", 100 * r->ratio, 100 * r->interval.low, 100 * r->interval.high);
}

std::string margins(const std::optional<MarginSlope>& m) {
  if (!m) return "-";
  std::string bands;
  for (const MarginBand& band : m->bands)
    bands += fmt::format("{}{}/{}", bands.empty() ? "" : " ", band.flips, band.items);
  return fmt::format("{:.3f} +- {:.3f}; {}", m->slope, m->error, bands);
}

std::string floor_flips(const TaskVerdict& v) {
  return v.floor_counts ? fmt::format("-{} +{}", v.floor_counts->right_to_wrong, v.floor_counts->wrong_to_right) : "-";
}

std::string floor_gold(const TaskVerdict& v) { return v.gold_floor ? fmt::format("{:.4f}", *v.gold_floor) : "-"; }

}  // namespace

Table verdict_table(std::span<const TaskVerdict> rows) {
  Table table{{"task", "metric", "n", "A", "B", "B - A", "95 %", "flips", "McNemar p (mid-p)", "worse p (Holm)",
               "non-inferior p", "smallest loss seen", "verdict"},
              {}};
  for (const TaskVerdict& v : rows) {
    if (v.outcome == StageOutcome::kInvalid) {
      table.add(
          {v.task, metric_name(v), fmt::format("{}", v.items), "-", "-", "-", "-", "-", "-", "-", "-", "-", "INVALID"});
      continue;
    }
    const bool binary = v.kind == MetricKind::kBinary;
    table.add({v.task, metric_name(v), items(v), score(v, v.reference), score(v, v.candidate), change(v, v.difference),
               interval(v, v.interval95),
               binary ? fmt::format("-{} +{}", v.counts.right_to_wrong, v.counts.wrong_to_right) : "-",
               binary ? fmt::format("{:.3g} ({:.3g})", v.test.p_two_sided, v.test.mid_p_two_sided) : "-",
               fmt::format("{:.3g} ({:.3g})", v.p_worse, v.p_worse_adjusted), fmt::format("{:.3g}", v.p_non_inferior),
               change(v, -v.minimum_detectable), upper(stage_outcome_name(v.outcome))});
  }
  return table;
}

Table detail_table(std::span<const TaskVerdict> rows) {
  Table table{{"task", "metric", "gold ln p, nats an item", "z", "answers changed", "recovery", "output length B/A",
               "decision-margin slope; flips by |margin| quarter", "cluster bootstrap 95 %", "floor: flips",
               "floor: gold ln p"},
              {}};
  for (const TaskVerdict& v : rows) {
    if (v.outcome == StageOutcome::kInvalid) continue;
    if (!v.gold && !v.answers_changed && !v.recovery && !v.length && !v.bootstrap95 && !v.floor_counts) continue;
    table.add({v.task, metric_name(v),
               v.gold ? fmt::format("{:+.4f} +- {:.4f}", v.gold->mean, v.gold->standard_error) : "-",
               v.gold ? fmt::format("{:+.1f}", v.gold->z) : "-",
               v.answers_changed ? fmt::format("{} of {}", *v.answers_changed, v.items) : "-", ratio(v.recovery),
               ratio(v.length), margins(v.margins), v.bootstrap95 ? interval(v, *v.bootstrap95) : "-", floor_flips(v),
               floor_gold(v)});
  }
  return table;
}

std::string comparison_text(const SampleComparison& comparison, bool markdown) {
  const auto text = [&](const Table& table) { return markdown ? markdown_table(table) : text_table(table); };
  std::string out = text(verdict_table(comparison.deciding)) + "\n";
  const Table details = detail_table(comparison.deciding);
  if (!details.rows.empty()) out += text(details) + "\n";
  if (!comparison.others.empty())
    out += fmt::format("for information, no part of the verdict:\n{}\n", text(verdict_table(comparison.others)));
  for (const std::string& note : comparison.notes) out += fmt::format("note: {}\n", note);
  return out;
}

}  // namespace fp8bench
