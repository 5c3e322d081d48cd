// The one record type. Two sections: `content` is canonical JSON, bit-identical for the same inputs (policy f32), and
// hashed; `run` holds what may differ between two runs: time, machine, memory, timings. Every table, gate and report is
// a pure function of records.
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace fp8bench {

inline constexpr int kRecordSchema = 1;

struct Record {
  nlohmann::json content = nlohmann::json::object();
  nlohmann::json run = nlohmann::json::object();
};

// Keys sorted, no white space, shortest number text that reads back equal. Throws std::invalid_argument on NaN or
// infinity, with its path: a figure that is not a number must be left out or named, never written.
std::string canonical_json(const nlohmann::json& value);
// sha256 of canonical_json(content).
std::string content_hash(const Record& record);
// {"schema": 1, "content_sha256": ..., "content": ..., "run": ...}, indented.
std::string record_text(const Record& record);
void write_record(const std::filesystem::path& path, const Record& record);  // complete or not at all
// Throws InputError (file, what was expected and found); a content hash that does not match is a CheckError.
Record read_record(const std::filesystem::path& path);

}  // namespace fp8bench
