// The safetensors format: u64 little-endian header length, JSON header, tensor bytes. Source: huggingface/safetensors
// tensor.rs.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "harness/checkpoint/tensor_source.h"
#include "harness/io/mapped_file.h"

namespace fp8bench {

struct SafetensorsEntry {
  TensorInfo info;             // shard = the file's name
  int64_t begin = 0, end = 0;  // bytes after the header
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  // in offset order
  std::map<std::string, std::string> metadata;
  int64_t data_begin = 0;  // 8 + header length
};

// Parses and validates everything the format demands of `file_bytes` (header and data extents). `where` names the file.
// Throws InputError with the tensor or byte offset, expected and found.
SafetensorsHeader parse_safetensors(std::span<const std::byte> file_bytes, const std::string& where);

// A mapped file with its header.
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::filesystem::path& path);
  const SafetensorsHeader& header() const { return header_; }
  const std::filesystem::path& path() const { return file_.path(); }
  std::span<const std::byte> bytes(const SafetensorsEntry& entry) const;
  const SafetensorsEntry* find(std::string_view name) const;
  void release(std::span<const std::byte> part) const { file_.release(part); }

 private:
  MappedFile file_;
  SafetensorsHeader header_;
  std::unordered_map<std::string_view, size_t> index_;  // name -> entry
};

// What the writer will put where: sorted as upstream's serializer does (dtype descending, then name), with no metadata
// unless given.
struct SafetensorsLayout {
  std::string header_bytes;               // length prefix, JSON, padding: the first bytes of the file
  std::vector<SafetensorsEntry> entries;  // in file order
  int64_t file_size = 0;
};
SafetensorsLayout plan_safetensors(std::vector<TensorInfo> tensors,
                                   const std::map<std::string, std::string>& metadata = {});

// Small files at once (traces, goldens): written to a temporary, flushed, renamed.
struct NamedTensor {
  TensorInfo info;
  std::vector<std::byte> data;
};
void write_safetensors(const std::filesystem::path& path, std::vector<NamedTensor> tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace fp8bench
