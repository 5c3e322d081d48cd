// Parser of the bundled item and text files, one JSON object a line:
//   {"id": "add-17", "task": "add", "kind": "exact", "context": [2, 40], "target": [51, 107]}
//   {"id": "mc-3", "task": "mc_fact", "kind": "choice", "context": [2, 40], "choices": [[51], [52, 9]], "gold": 1}
//   {"doc": "frankenstein-4", "ids": [2, 17, ...]}
// Keys other than these are errors (a misspelt key must not be ignored), except "text", which is for readers.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/task.h"

namespace fp8bench {

// text: the whole file; file: its name for messages ("items.jsonl:7: ..."); token ids must be in [0, vocab). Empty
// lines are skipped; a file without items and a repeated id (or document name) are errors. Throws DatasetError.
std::vector<TaskItem> parse_items(std::string_view text, const std::string& file, int64_t vocab);
std::vector<TextDocument> parse_text(std::string_view text, const std::string& file, int64_t vocab);

}  // namespace fp8bench
