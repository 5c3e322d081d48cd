// The original files of the public data sets, read as Python's text mode reads them.
#pragma once
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace fp8bench {

// One thing that a task reads: the first of the paths (relative to the data folder) that exists.
struct DataFile {
  std::vector<std::string> paths;
};

// Throws DatasetError that names the data folder and the file that is looked for first.
std::filesystem::path find_data_file(const std::string& data, const DataFile& file);

// All throw DatasetError with the file's name, and the line where there is one.
std::string read_data_text(const std::filesystem::path& path);                // universal newlines; .bz2 is unpacked
std::vector<std::string> read_data_lines(const std::filesystem::path& path);  // without an empty last one
std::vector<nlohmann::ordered_json> read_json_lines(const std::filesystem::path& path);
nlohmann::ordered_json read_json_file(const std::filesystem::path& path);
std::vector<std::vector<std::string>> read_csv(const std::filesystem::path& path);  // Python's csv.reader, "excel"

// Maps every record of a JSONL file; a record that lacks a key or has another type is an error that names the line.
std::vector<nlohmann::ordered_json> map_json_lines(
    const std::filesystem::path& path, const std::function<nlohmann::ordered_json(const nlohmann::ordered_json&)>& map);

}  // namespace fp8bench
