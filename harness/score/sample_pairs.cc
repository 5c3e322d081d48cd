#include "harness/score/sample_pairs.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "harness/io/error.h"
#include "harness/score/metric_table.h"

namespace fp8bench {
namespace {

using Item = std::pair<const SampleRow*, const SampleRow*>;                // reference, candidate
using Index = std::map<std::string, std::map<int64_t, const SampleRow*>>;  // by filter, by doc_id

std::string name_of(const SampleRow& row) { return fmt::format("doc_id {}, filter {}", row.doc_id, row.filter); }

Index index_rows(const SampleFile& file) {
  Index out;
  for (const SampleRow& row : file.rows) {
    const auto [place, is_new] = out[row.filter].try_emplace(row.doc_id, &row);
    if (!is_new)
      throw CheckError(fmt::format("{} line {}: {}: expected once, found again (first in line {})", file.path, row.line,
                                   name_of(row), place->second->line));
  }
  return out;
}

void refuse_missing(const Index& have, const Index& lack, const SampleFile& haver, const SampleFile& lacker) {
  const SampleRow* first = nullptr;
  int64_t missing = 0;
  for (const auto& [filter, rows] : have) {
    const auto at = lack.find(filter);
    for (const auto& [id, row] : rows) {
      if (at != lack.end() && at->second.count(id) > 0) continue;
      if (first == nullptr) first = row;
      ++missing;
    }
  }
  if (first == nullptr) return;
  throw CheckError(fmt::format("{}: {}: expected as in {} line {}, found none ({} of {} items missing)", lacker.path,
                               name_of(*first), haver.path, first->line, missing, haver.rows.size()));
}

void refuse_other_hashes(const SampleRow& ref, const SampleRow& cand, const std::string& ref_path,
                         const std::string& cand_path) {
  const struct {
    const char* key;
    const std::string &ref, &cand;
    const char* meaning;
  } hashes[] = {{"doc_hash", ref.doc_hash, cand.doc_hash, "another document"},
                {"prompt_hash", ref.prompt_hash, cand.prompt_hash, "another prompt"},
                {"target_hash", ref.target_hash, cand.target_hash, "another target"}};
  for (const auto& hash : hashes) {
    if (hash.ref.empty() || hash.cand.empty() || hash.ref == hash.cand) continue;
    const auto shown = [](const std::string& text) { return text.substr(0, 16); };
    throw CheckError(fmt::format("{} line {}: {}: {}: expected {} as in {} line {}, found {}: {}", cand_path, cand.line,
                                 name_of(cand), hash.key, shown(hash.ref), ref_path, ref.line, shown(hash.cand),
                                 hash.meaning));
  }
}

// Metrics of every row of a filter in both files, in the order of the table, the unknown ones last.
std::vector<std::string> metrics_of(const std::vector<Item>& items) {
  std::map<std::string, size_t> seen;
  for (const auto& [ref, cand] : items)
    for (const auto& [name, value] : ref->metrics) seen[name] += cand->metrics.count(name);
  std::vector<std::string> out;
  const auto complete = [&](const std::string& name) { return seen.count(name) > 0 && seen[name] == items.size(); };
  for (const MetricInfo& info : metric_table())
    if (complete(std::string(info.name))) out.emplace_back(info.name);
  for (const auto& [name, count] : seen)
    if (complete(name) && find_metric(name) == nullptr && !is_set_metric(name)) out.push_back(name);
  return out;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out.empty() ? "none" : out;
}

// The metric's numbers of one item: a value and, where the metric has them, words, bytes or instructions.
void add_values(const std::vector<double>& ref, const std::vector<double>& cand, const SampleRow& row,
                const std::string& path, TaskPairs& out) {
  const bool likelihood = out.kind == MetricKind::kPerplexity || out.kind == MetricKind::kBits;
  const auto fail = [&](const std::string& expected) {
    throw InputError(fmt::format("{} line {}: {}: expected {}, found {} and {} numbers", path, row.line, out.metric,
                                 expected, ref.size(), cand.size()));
  };
  if (likelihood && out.metric != "perplexity") {
    if (ref.size() != 2 || cand.size() != 2 || ref[1] != cand[1])
      fail("[log-likelihood, the same weight on both sides]");
    out.reference.push_back(ref[0]);
    out.candidate.push_back(cand[0]);
    out.weights.push_back(ref[1]);
    return;
  }
  const bool list = out.metric.rfind("inst_level_", 0) == 0;
  if (ref.size() != cand.size() || ref.empty() || (!list && ref.size() != 1))
    fail(list ? "equally many" : "one number");
  double sum_ref = 0, sum_cand = 0;
  for (const double x : ref) sum_ref += x;
  for (const double x : cand) sum_cand += x;
  out.reference.push_back(sum_ref);
  out.candidate.push_back(sum_cand);
  if (list) out.weights.push_back(static_cast<double>(ref.size()));
}

int64_t argmax(const std::vector<double>& x) { return std::max_element(x.begin(), x.end()) - x.begin(); }

// The right answer where the file names it; of two answers the recorded accuracy tells it (tasks whose target is text,
// such as winogrande). -1: unknown.
int64_t gold_of(const SampleRow& row) {
  if (row.target >= 0) return row.target;
  const auto acc = row.metrics.find("acc");
  if (row.choices.size() != 2 || acc == row.metrics.end() || acc->second.size() != 1) return -1;
  const int64_t picked = argmax(row.choices);
  return acc->second[0] == 1 ? picked : 1 - picked;
}

// A target such as "4" may be a text rather than an index: then the accuracies contradict it.
bool contradicts(const SampleRow& row, int64_t gold) {
  const auto acc = row.metrics.find("acc");
  if (acc == row.metrics.end() || acc->second.size() != 1 || row.choices.size() < 2) return false;
  const double value = acc->second[0];
  return (value == 0 || value == 1) && (argmax(row.choices) == gold) != (value == 1);
}

void add_choices(const std::vector<Item>& items, TaskPairs& out, std::vector<std::string>& notes) {
  std::vector<double> gold[2], margin[2];
  std::vector<int64_t> picked[2];
  for (const auto& [ref, cand] : items) {
    const int64_t right = gold_of(*ref);
    if (ref->choices.empty() || ref->choices.size() != cand->choices.size()) return;
    if (right < 0 || gold_of(*cand) != right || contradicts(*ref, right) || contradicts(*cand, right)) {
      notes.push_back(
          fmt::format("{}: the right answer of doc_id {} cannot be told from the file: no gold "
                      "log-probabilities, margins or changed answers",
                      out.task, ref->doc_id));
      return;
    }
    for (const int side : {0, 1}) {
      const std::vector<double>& choices = side == 0 ? ref->choices : cand->choices;
      gold[side].push_back(choices[right]);
      picked[side].push_back(argmax(choices));
      if (choices.size() < 2) continue;
      double best = -HUGE_VAL;
      for (size_t i = 0; i < choices.size(); ++i)
        if (static_cast<int64_t>(i) != right) best = std::max(best, choices[i]);
      margin[side].push_back(choices[right] - best);
    }
  }
  out.reference_gold = gold[0], out.candidate_gold = gold[1];
  if (margin[0].size() != items.size()) return;  // one continuation: nothing to choose
  out.reference_margin = margin[0], out.candidate_margin = margin[1];
  out.reference_picked = picked[0], out.candidate_picked = picked[1];
}

void add_lengths(const std::vector<Item>& items, TaskPairs& out) {
  for (const auto& [ref, cand] : items) {
    if (!ref->length || !cand->length) {
      out.reference_length.clear();
      out.candidate_length.clear();
      return;
    }
    out.reference_length.push_back(*ref->length);
    out.candidate_length.push_back(*cand->length);
  }
}

TaskPairs make_pairs(const std::vector<Item>& items, const std::string& task, const std::string& metric,
                     const std::string& filter, const std::string& path) {
  TaskPairs out;
  out.task = task;
  out.metric = metric;
  out.filter = filter;
  const MetricInfo* info = find_metric(metric);
  out.kind = info == nullptr ? MetricKind::kReal : info->kind;
  out.higher_is_better = info == nullptr || info->higher_is_better;
  for (const auto& [ref, cand] : items) add_values(ref->metrics.at(metric), cand->metrics.at(metric), *cand, path, out);
  const auto whole = [](double x) { return x == 0 || x == 1; };
  const bool all_whole = std::all_of(out.reference.begin(), out.reference.end(), whole) &&
                         std::all_of(out.candidate.begin(), out.candidate.end(), whole);
  if (out.kind == MetricKind::kBinary && !all_whole) out.kind = MetricKind::kReal;
  if (info == nullptr && all_whole) out.kind = MetricKind::kBinary;
  return out;
}

}  // namespace

SamplePairs pair_samples(const SampleFile& reference, const SampleFile& candidate, const PairRequest& request) {
  const Index refs = index_rows(reference), cands = index_rows(candidate);
  refuse_missing(refs, cands, reference, candidate);
  refuse_missing(cands, refs, candidate, reference);
  SamplePairs out;
  std::vector<std::string> filters;  // in the order of the file
  for (const SampleRow& row : reference.rows) {
    const SampleRow& other = *cands.at(row.filter).at(row.doc_id);
    refuse_other_hashes(row, other, reference.path, candidate.path);
    if (std::find(filters.begin(), filters.end(), row.filter) == filters.end()) filters.push_back(row.filter);
  }
  for (const SampleFile* file : {&reference, &candidate})
    if (std::any_of(file->rows.begin(), file->rows.end(),
                    [](const SampleRow& row) { return row.doc_hash.empty() || row.prompt_hash.empty(); }))
      out.notes.push_back(file->path + ": has no doc or prompt hashes: nobody checked that the items are the same");
  std::string filter = request.filter;
  if (filter.empty()) filter = refs.count("none") > 0 ? "none" : filters.front();
  if (refs.count(filter) == 0)
    throw InputError(fmt::format("{}: filter {}: expected one of {}", reference.path, filter, joined(filters)));
  const bool clustered = request.cluster || std::none_of(reference.rows.begin(), reference.rows.end(),
                                                         [](const SampleRow& row) { return row.cluster.empty(); });
  const auto at = std::find(filters.begin(), filters.end(), filter);
  std::rotate(filters.begin(), at, at + 1);
  std::map<std::string, int64_t> labels;
  for (const std::string& one : filters) {
    std::vector<Item> items;
    for (const auto& [id, row] : refs.at(one)) items.emplace_back(row, cands.at(one).at(id));
    const std::vector<std::string> there = metrics_of(items);
    const std::string metric = request.metric.empty() && !there.empty() ? there.front() : request.metric;
    if (std::find(there.begin(), there.end(), metric) == there.end()) {
      if (one != filter) continue;
      throw InputError(fmt::format("{}: metric {}: {}; there: {}", reference.path, metric.empty() ? "?" : metric,
                                   is_set_metric(metric) ? "it belongs to the whole set and cannot be paired by item"
                                                         : "expected it in every line of both files",
                                   joined(there)));
    }
    for (const std::string& name : there) {
      if (!request.metric.empty() && name != metric) continue;
      TaskPairs pairs = make_pairs(items, reference.task, name, one, candidate.path);
      if (clustered)
        for (const auto& [ref, cand] : items)
          pairs.clusters.push_back(labels.try_emplace(ref->cluster, static_cast<int64_t>(labels.size())).first->second);
      if (one == filter && name == metric) {
        add_choices(items, pairs, out.notes);
        add_lengths(items, pairs);
        out.deciding = std::move(pairs);
      } else if (request.filter.empty()) {
        out.others.push_back(std::move(pairs));
      }
    }
  }
  return out;
}

}  // namespace fp8bench
