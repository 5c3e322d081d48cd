#include "harness/engine/prefix_tree.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace fp8bench {
namespace {

int64_t common_prefix(std::span<const int32_t> a, std::span<const int32_t> b) {
  return std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
}

// A range of the sorted sequences whose first `depth` tokens are in the tree already, up to the end of `parent`.
struct Range {
  size_t begin, end;
  int64_t depth, parent;
};

}  // namespace

PrefixOrder prefix_order(std::span<const std::span<const int32_t>> sequences) {
  PrefixOrder out;
  out.order.resize(sequences.size());
  std::iota(out.order.begin(), out.order.end(), size_t{0});
  std::stable_sort(out.order.begin(), out.order.end(), [&](size_t a, size_t b) {
    return std::lexicographical_compare(sequences[a].begin(), sequences[a].end(), sequences[b].begin(),
                                        sequences[b].end());
  });
  out.shared.resize(sequences.size(), 0);
  for (size_t i = 1; i < sequences.size(); ++i)
    out.shared[i] = common_prefix(sequences[out.order[i - 1]], sequences[out.order[i]]);
  return out;
}

PrefixTree::PrefixTree(std::span<const std::span<const int32_t>> sequences) : end_node_(sequences.size(), -1) {
  for (const auto& sequence : sequences)
    if (sequence.empty()) throw std::invalid_argument("a sequence has no tokens");
  build(sequences, prefix_order(sequences).order);
}

// Depth first, so that what continues a sequence follows it closely and its cache lives shortly.
void PrefixTree::build(std::span<const std::span<const int32_t>> sequences, std::span<const size_t> order) {
  std::vector<Range> open;
  const auto push_children = [&](size_t begin, size_t end, int64_t depth, int64_t parent) {
    const size_t first = open.size();
    for (size_t i = begin; i < end;) {
      const int32_t token = sequences[order[i]][static_cast<size_t>(depth)];
      size_t stop = i + 1;
      while (stop < end && sequences[order[stop]][static_cast<size_t>(depth)] == token) ++stop;
      open.push_back({i, stop, depth, parent});
      i = stop;
    }
    std::reverse(open.begin() + static_cast<std::ptrdiff_t>(first), open.end());  // the first is taken first
  };
  push_children(0, order.size(), 0, -1);
  while (!open.empty()) {
    const Range range = open.back();
    open.pop_back();
    const auto& first = sequences[order[range.begin]];
    const int64_t depth = common_prefix(first, sequences[order[range.end - 1]]);  // sorted: of all between as well
    const int64_t node = batch_.sequences();
    nodes_.push_back({.start = range.depth, .row = batch_.tokens(), .parent = range.parent});
    batch_.add(first.subspan(static_cast<size_t>(range.depth), static_cast<size_t>(depth - range.depth)), range.parent);
    size_t rest = range.begin;
    for (; rest < range.end && static_cast<int64_t>(sequences[order[rest]].size()) == depth; ++rest)
      end_node_[order[rest]] = node;
    push_children(rest, range.end, depth, node);
  }
}

int64_t PrefixTree::row(size_t sequence, int64_t position) const {
  int64_t node = end_node_[sequence];
  while (nodes_[static_cast<size_t>(node)].start > position) node = nodes_[static_cast<size_t>(node)].parent;
  const Node& found = nodes_[static_cast<size_t>(node)];
  return found.row + position - found.start;
}

}  // namespace fp8bench
