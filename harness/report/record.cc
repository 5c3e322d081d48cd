#include "harness/report/record.h"

#include <fmt/core.h>

#include <cmath>
#include <stdexcept>

#include "harness/io/error.h"
#include "harness/io/sha256.h"
#include "harness/io/text_file.h"

namespace fp8bench {
namespace {

void require_finite(const nlohmann::json& value, const std::string& path) {
  if (value.is_number_float() && !std::isfinite(value.get<double>()))
    throw std::invalid_argument(fmt::format("record{}: not a finite number", path));
  if (value.is_object()) {
    for (const auto& [key, child] : value.items()) require_finite(child, path + "." + key);
  } else if (value.is_array()) {
    for (size_t i = 0; i < value.size(); ++i) require_finite(value[i], fmt::format("{}[{}]", path, i));
  }
}

// Paths and names need not be UTF-8: their odd bytes become U+FFFD, in the hash as in the file.
std::string text_of(const nlohmann::json& value, int indent) {
  return value.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string canonical_json(const nlohmann::json& value) {
  require_finite(value, "");
  return text_of(value, -1);  // nlohmann keeps keys sorted and prints the shortest text that reads back equal
}

std::string content_hash(const Record& record) { return sha256_hex(canonical_json(record.content)); }

std::string record_text(const Record& record) {
  require_finite(record.run, ".run");
  const nlohmann::json whole = {{"schema", kRecordSchema},
                                {"content_sha256", content_hash(record)},
                                {"content", record.content},
                                {"run", record.run}};
  return text_of(whole, 2) + "\n";
}

void write_record(const std::filesystem::path& path, const Record& record) {
  write_file_atomically(path, record_text(record));
}

Record read_record(const std::filesystem::path& path) {
  nlohmann::json whole;
  try {
    whole = nlohmann::json::parse(read_text_file(path));
  } catch (const nlohmann::json::parse_error& error) {
    throw InputError(
        fmt::format("{}: byte {}: expected a JSON record, found {}", path.string(), error.byte, error.what()));
  }
  if (!whole.is_object() || whole.value("schema", 0) != kRecordSchema)
    throw InputError(fmt::format("{}: schema: expected {}, found {}", path.string(), kRecordSchema,
                                 whole.is_object() && whole.contains("schema") ? whole["schema"].dump() : "none"));
  for (const char* key : {"content", "run", "content_sha256"})
    if (!whole.contains(key))
      throw InputError(fmt::format("{}: expected the key \"{}\", found none", path.string(), key));
  Record record{whole["content"], whole["run"]};
  const std::string found = content_hash(record);
  const std::string expected = whole["content_sha256"].get<std::string>();
  if (found != expected)
    throw CheckError(fmt::format("{}: content_sha256: expected {}, found {}: the content was edited", path.string(),
                                 expected, found));
  return record;
}

}  // namespace fp8bench
