// What is bundled: one visible table of data sets and one of their tasks.
#pragma once
#include <span>
#include <string_view>

#include "datasets/task.h"

namespace fp8bench {

struct BundledSet {
  std::string_view name;        // "nano"
  std::string_view checkpoint;  // folders and files relative to the source tree
  std::string_view items, text;
  std::string_view about;
};

struct BundledTask {
  std::string_view set, name;
  ItemKind kind;
  std::string_view about;
};

std::span<const BundledSet> bundled_sets();
std::span<const BundledTask> bundled_tasks();
const BundledSet* find_set(std::string_view name);  // nullptr if there is none

}  // namespace fp8bench
