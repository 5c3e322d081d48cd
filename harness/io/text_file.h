// Whole text files, and files and folders that appear complete or not at all (written to a temporary beside the target,
// flushed, renamed).
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace fp8bench {

std::string read_text_file(const std::filesystem::path& path);                            // throws InputError
void write_file_atomically(const std::filesystem::path& path, std::string_view content);  // throws InputError

// For a file that is written at the end of long work, before that starts: throws InputError unless its folder is there
// and can be written into, and the file is no folder. Makes nothing.
void require_writable(const std::filesystem::path& file);

}  // namespace fp8bench
