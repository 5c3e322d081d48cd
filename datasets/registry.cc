#include "datasets/registry.h"

namespace fp8bench {
namespace {

constexpr BundledSet kSets[] = {
    {"nano", "datasets/nano/checkpoint", "datasets/nano/items.jsonl", "datasets/nano/text.jsonl",
     "the bundled checkpoint's own held-out items and text, as token ids"},
};

constexpr BundledTask kTasks[] = {
    {"nano", "add", ItemKind::kExact, "sum of two numbers"},
    {"nano", "sub", ItemKind::kExact, "difference of two numbers"},
    {"nano", "big", ItemKind::kExact, "the larger of two numbers"},
    {"nano", "reverse", ItemKind::kExact, "a word backwards"},
    {"nano", "copy", ItemKind::kExact, "a word of few different letters again"},
    {"nano", "sort", ItemKind::kExact, "digits in order"},
    {"nano", "shift", ItemKind::kExact, "each letter moved on by some places in the alphabet"},
    {"nano", "mix", ItemKind::kExact, "two words interleaved"},
    {"nano", "facts", ItemKind::kExact, "a property of an invented person, seen in training"},
    {"nano", "fact_choice", ItemKind::kChoice, "the same, out of several values"},
    {"nano", "fact_typo", ItemKind::kChoice, "the same, with one letter of the name wrong"},
    {"nano", "add_choice", ItemKind::kChoice, "which sum is right"},
    {"nano", "sort_choice", ItemKind::kChoice, "which order is right"},
    {"nano", "text_continuation", ItemKind::kChoice, "the true continuation of held-out text"},
    {"nano", "text_word", ItemKind::kChoice, "the true next word of held-out text"},
};

}  // namespace

std::span<const BundledSet> bundled_sets() { return kSets; }
std::span<const BundledTask> bundled_tasks() { return kTasks; }

const BundledSet* find_set(std::string_view name) {
  for (const BundledSet& set : kSets) {
    if (set.name == name) return &set;
  }
  return nullptr;
}

}  // namespace fp8bench
