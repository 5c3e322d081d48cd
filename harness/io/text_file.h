// Whole text files, and files and folders that appear complete or not at all (written to a temporary beside the target,
// flushed, renamed).
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace fp8bench {

std::string read_text_file(const std::filesystem::path& path);                            // throws InputError
void write_file_atomically(const std::filesystem::path& path, std::string_view content);  // throws InputError

}  // namespace fp8bench
