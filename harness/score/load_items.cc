#include "harness/score/load_items.h"

#include "datasets/nano_items.h"
#include "harness/io/error.h"
#include "harness/io/text_file.h"

namespace fp8bench {

std::vector<TaskItem> load_items(const std::filesystem::path& path, int64_t vocab) {
  try {
    return parse_items(read_text_file(path), path.string(), vocab);
  } catch (const DatasetError& error) {
    throw InputError(error.what());
  }
}

std::vector<TextDocument> load_text(const std::filesystem::path& path, int64_t vocab) {
  try {
    return parse_text(read_text_file(path), path.string(), vocab);
  } catch (const DatasetError& error) {
    throw InputError(error.what());
  }
}

}  // namespace fp8bench
