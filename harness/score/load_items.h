// The bundled files from disk. Errors are InputError with file, line, expected and found.
#pragma once
#include <cstdint>
#include <filesystem>
#include <vector>

#include "datasets/task.h"

namespace fp8bench {

std::vector<TaskItem> load_items(const std::filesystem::path& path, int64_t vocab);
std::vector<TextDocument> load_text(const std::filesystem::path& path, int64_t vocab);

}  // namespace fp8bench
