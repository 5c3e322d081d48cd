// Writing, with the byte layout of upstream's serializer (tensor.rs, `prepare`), so that whole files can be compared by
// hash.
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/checkpoint/safetensors.h"
#include "harness/io/error.h"
#include "harness/io/strict_json.h"
#include "harness/io/text_file.h"

namespace fp8bench {
namespace {

constexpr size_t kAlignment = 8;

// As serde_json: raw UTF-8, escapes only where JSON demands them.
std::string json_string(const std::string& text) {
  try {
    return nlohmann::json(text).dump(-1, ' ', false);
  } catch (const nlohmann::json::exception& error) {
    throw InputError(fmt::format("safetensors name or metadata: expected UTF-8: {}", json_error_text(error)));
  }
}

void check_names(const std::vector<TensorInfo>& sorted) {
  for (size_t i = 0; i < sorted.size(); ++i)
    if (sorted[i].name == "__metadata__")
      throw InputError("tensor '__metadata__': the safetensors format reserves this name");
  std::vector<std::string> names;
  for (const TensorInfo& tensor : sorted) names.push_back(tensor.name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end())
    throw InputError(fmt::format("tensor '{}': expected every name once, found it twice", *twice));
}

}  // namespace

SafetensorsLayout plan_safetensors(std::vector<TensorInfo> tensors,
                                   const std::map<std::string, std::string>& metadata) {
  std::sort(tensors.begin(), tensors.end(), [](const TensorInfo& a, const TensorInfo& b) {
    return a.dtype != b.dtype ? a.dtype > b.dtype : a.name < b.name;
  });
  check_names(tensors);
  std::string json = "{";
  if (!metadata.empty()) {
    json += "\"__metadata__\":{";
    for (const auto& [key, value] : metadata) json += fmt::format("{}:{},", json_string(key), json_string(value));
    json.back() = '}';
    if (!tensors.empty()) json += ',';
  }
  SafetensorsLayout layout;
  int64_t offset = 0;
  for (TensorInfo& tensor : tensors) {
    const int64_t end = offset + tensor.bytes();
    if (offset > 0 || !layout.entries.empty()) json += ',';
    json += fmt::format("{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}", json_string(tensor.name),
                        dtype_name(tensor.dtype), fmt::join(tensor.shape, ","), offset, end);
    layout.entries.push_back({std::move(tensor), offset, end});
    offset = end;
  }
  json += '}';
  json.resize((json.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');
  for (size_t i = 0; i < 8; ++i) layout.header_bytes += static_cast<char>((json.size() >> (8 * i)) & 0xFF);
  layout.header_bytes += json;
  layout.file_size = static_cast<int64_t>(layout.header_bytes.size()) + offset;
  return layout;
}

void write_safetensors(const std::filesystem::path& path, std::vector<NamedTensor> tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::vector<TensorInfo> infos;
  std::map<std::string, const std::vector<std::byte>*> data;
  for (const NamedTensor& tensor : tensors) {
    if (static_cast<int64_t>(tensor.data.size()) != tensor.info.bytes())
      throw InputError(fmt::format("{}: tensor '{}': expected {} bytes of data, found {}", path.string(),
                                   tensor.info.name, tensor.info.bytes(), tensor.data.size()));
    infos.push_back(tensor.info);
    data[tensor.info.name] = &tensor.data;
  }
  const SafetensorsLayout layout = plan_safetensors(std::move(infos), metadata);
  std::string content = layout.header_bytes;
  content.reserve(static_cast<size_t>(layout.file_size));
  for (const SafetensorsEntry& entry : layout.entries) {
    const std::vector<std::byte>& bytes = *data.at(entry.info.name);
    content.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  write_file_atomically(path, content);
}

}  // namespace fp8bench
