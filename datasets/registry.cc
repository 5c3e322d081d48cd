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
    {"nano", "digits", ItemKind::kExact, "digit by digit sum modulo 10, nothing carried"},
    {"nano", "big", ItemKind::kExact, "the larger of two numbers"},
    {"nano", "reverse", ItemKind::kExact, "a word backwards"},
    {"nano", "copy", ItemKind::kExact, "a word of few different letters again"},
    {"nano", "sort", ItemKind::kExact, "letters or digits in order"},
    {"nano", "shift", ItemKind::kExact, "each letter moved on in the alphabet"},
    {"nano", "mix", ItemKind::kExact, "two words interleaved"},
    {"nano", "facts", ItemKind::kExact, "a property of an invented person, seen in training"},
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
