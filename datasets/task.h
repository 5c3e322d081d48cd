// What a task item is, whatever data set it comes from. Items carry token ids: no tokenizer is needed to score them.
#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace fp8bench {

enum class ItemKind {
  kExact,  // the model must write target, token for token
  kChoice  // the model must prefer choices[gold]
};

struct TaskItem {
  std::string id, task;
  ItemKind kind = ItemKind::kExact;
  std::vector<int32_t> context;               // token ids, not empty
  std::vector<int32_t> target;                // exact: not empty
  std::vector<std::vector<int32_t>> choices;  // choice: at least two, none empty
  int32_t gold = 0;                           // choice: index of the right one
};

struct TextDocument {  // held-out text for divergence and perplexity; the cluster of the bootstrap
  std::string name;
  std::vector<int32_t> ids;
};

// A data file that is not what it should be. This layer knows no exit codes; harness/score/load_items.h translates.
class DatasetError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace fp8bench
