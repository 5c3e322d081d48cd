#include "datasets/eval/data_files.h"

#include <bzlib.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <fstream>
#include <iterator>
#include <memory>

#include "datasets/eval/python_text.h"
#include "datasets/task.h"

namespace fp8bench {
namespace {

using Json = nlohmann::ordered_json;

std::string unpack_bz2(const std::filesystem::path& path) {
  const std::unique_ptr<BZFILE, decltype(&BZ2_bzclose)> file(BZ2_bzopen(path.c_str(), "rb"), &BZ2_bzclose);
  if (file == nullptr) throw DatasetError(fmt::format("{}: cannot be opened", path.string()));
  std::string text;
  std::array<char, 1 << 16> buffer;
  int read = 0;
  while ((read = BZ2_bzread(file.get(), buffer.data(), static_cast<int>(buffer.size()))) > 0)
    text.append(buffer.data(), static_cast<size_t>(read));
  int error = 0;
  const char* what = BZ2_bzerror(file.get(), &error);
  if (read < 0 || (error != BZ_OK && error != BZ_STREAM_END))
    throw DatasetError(fmt::format("{}: bzip2 error: {}", path.string(), what));
  return text;
}

Json parse_json(const std::string& text, const std::string& where) {
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::exception& error) {
    throw DatasetError(fmt::format("{}: {}", where, error.what()));
  }
}

}  // namespace

std::filesystem::path find_data_file(const std::string& data, const DataFile& file) {
  for (const std::string& path : file.paths) {
    const std::filesystem::path candidate = std::filesystem::path(data) / path;
    if (std::filesystem::is_regular_file(candidate)) return candidate;
  }
  throw DatasetError(fmt::format("{}: no such file{}", (std::filesystem::path(data) / file.paths.front()).string(),
                                 file.paths.size() > 1 ? fmt::format(" (nor {})", file.paths.back()) : ""));
}

std::string read_data_text(const std::filesystem::path& path) {
  if (path.extension() == ".bz2") return universal_newlines(unpack_bz2(path));
  std::ifstream file(path, std::ios::binary);
  if (!file) throw DatasetError(fmt::format("{}: no such file", path.string()));
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return universal_newlines(bytes);
}

std::vector<std::string> read_data_lines(const std::filesystem::path& path) {
  std::vector<std::string> lines = python_split(read_data_text(path), "\n");
  if (lines.back().empty()) lines.pop_back();
  return lines;
}

std::vector<Json> map_json_lines(const std::filesystem::path& path, const std::function<Json(const Json&)>& map) {
  std::vector<Json> records;
  int number = 0;
  for (const std::string& line : read_data_lines(path)) {
    const std::string where = fmt::format("{}:{}", path.string(), ++number);
    try {
      records.push_back(map(parse_json(line, where)));
    } catch (const nlohmann::json::exception& error) {
      throw DatasetError(fmt::format("{}: {}", where, error.what()));
    } catch (const std::invalid_argument& error) {
      throw DatasetError(fmt::format("{}: {}", where, error.what()));
    }
  }
  if (records.empty()) throw DatasetError(fmt::format("{}: expected at least one line, found none", path.string()));
  return records;
}

std::vector<Json> read_json_lines(const std::filesystem::path& path) {
  return map_json_lines(path, [](const Json& record) { return record; });
}

Json read_json_file(const std::filesystem::path& path) { return parse_json(read_data_text(path), path.string()); }

// A quote opens a quoted field only at its start and is doubled inside; what follows the closing quote is taken as it
// is, as csv.reader does when it is not strict.
std::vector<std::vector<std::string>> read_csv(const std::filesystem::path& path) {
  const std::string text = read_data_text(path);
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> row;
  std::string field;
  bool quoted = false, started = false;  // inside quotes; a field of this row has begun
  int line = 1;
  const auto end_row = [&] {
    if (started || !row.empty()) row.push_back(std::move(field));
    if (row.empty())
      throw DatasetError(fmt::format("{}:{}: expected fields, found an empty line", path.string(), line));
    rows.push_back(std::move(row));
    row.clear(), field.clear(), started = false;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\n') ++line;
      if (c != '"') {
        field += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        field += text[++i];
      } else {
        quoted = false;
      }
    } else if (c == '"' && field.empty() && !started) {
      quoted = started = true;
    } else if (c == ',') {
      row.push_back(std::move(field));
      field.clear(), started = false;
      if (i + 1 == text.size() || text[i + 1] == '\n') started = true;  // an empty last field
    } else if (c == '\n') {
      end_row(), ++line;
    } else {
      field += c, started = true;
    }
  }
  if (quoted) throw DatasetError(fmt::format("{}:{}: expected a closing quote, found the end", path.string(), line));
  if (started || !row.empty()) end_row();
  return rows;
}

}  // namespace fp8bench
