// Reading. Every rule of the format is checked here, once; everything behind it trusts the entries.
#include "harness/checkpoint/safetensors.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "harness/io/error.h"
#include "harness/io/strict_json.h"

namespace fp8bench {
namespace {

constexpr int64_t kPrefixBytes = 8;
constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // upstream's cap
constexpr int64_t kMaxInt = INT64_MAX;

// Builds entries while the JSON text is read: a DOM of a header of 24,000 tensors would cost far more than the header
// itself.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  HeaderReader(const std::string& where, SafetensorsHeader& header) : where_(where), header_(header) {}

  bool null() override {
    if (at_ != At::kExpectMetadata) unexpected("null");
    at_ = At::kHeader;  // upstream reads null as no metadata
    return true;
  }
  bool boolean(bool) override { return unexpected("a boolean"); }
  bool number_integer(number_integer_t value) override { return unexpected(fmt::format("the number {}", value)); }
  bool number_float(number_float_t, const string_t& text) override { return unexpected("the number " + text); }
  bool binary(binary_t&) override { return unexpected("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (at_ != At::kShape && at_ != At::kOffsets) return unexpected(fmt::format("the number {}", value));
    if (value > static_cast<uint64_t>(kMaxInt))
      fail(fmt::format("expected {} below 2^63, found {}", at_ == At::kShape ? "dimensions" : "offsets", value));
    (at_ == At::kShape ? entry_.info.shape : offsets_).push_back(static_cast<int64_t>(value));
    return true;
  }

  bool string(string_t& value) override {
    if (at_ == At::kMetadata) {
      header_.metadata[key_] = value;
    } else if (at_ == At::kTensor && key_ == "dtype") {
      const auto dtype = parse_dtype(value);
      if (!dtype) fail(fmt::format("expected a dtype of the safetensors format, found '{}'", value));
      entry_.info.dtype = *dtype;
    } else {
      unexpected("the string '" + value + "'");
    }
    return true;
  }

  bool start_object(size_t) override {
    if (at_ == At::kStart) {
      at_ = At::kHeader;
    } else if (at_ == At::kExpectMetadata) {
      at_ = At::kMetadata;
    } else if (at_ == At::kExpectTensor) {
      at_ = At::kTensor;
      fields_.clear();
      offsets_.clear();
    } else {
      unexpected("an object");
    }
    return true;
  }

  bool key(string_t& name) override {
    key_ = name;
    if (at_ == At::kMetadata) {
      if (header_.metadata.contains(name))
        fail(fmt::format("expected every metadata key once, found '{}' twice", name));
    } else if (at_ == At::kTensor) {
      if (name != "dtype" && name != "shape" && name != "data_offsets")
        fail(fmt::format("expected the fields dtype, shape and data_offsets, found '{}'", name));
      if (!fields_.insert(name).second) fail(fmt::format("expected the field '{}' once, found it twice", name));
    } else {
      entry_ = {};
      entry_.info.name = name;
      at_ = name == "__metadata__" ? At::kExpectMetadata : At::kExpectTensor;
      if (!names_.insert(name).second) fail("expected every name once, found it twice");
    }
    return true;
  }

  bool end_object() override {
    if (at_ == At::kTensor) finish_tensor();
    at_ = at_ == At::kHeader ? At::kDone : At::kHeader;
    return true;
  }

  bool start_array(size_t) override {
    if (at_ != At::kTensor || key_ == "dtype") return unexpected("an array");
    at_ = key_ == "shape" ? At::kShape : At::kOffsets;
    return true;
  }
  bool end_array() override {
    at_ = At::kTensor;
    return true;
  }

  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception& error) override {
    throw InputError(fmt::format("{}: byte {}: expected a JSON header, found a {}", where_,
                                 kPrefixBytes + (position == 0 ? 0 : static_cast<int64_t>(position) - 1),
                                 json_error_text(error)));
  }

 private:
  enum class At { kStart, kHeader, kExpectMetadata, kMetadata, kExpectTensor, kTensor, kShape, kOffsets, kDone };

  void finish_tensor() {
    for (const char* field : {"dtype", "shape", "data_offsets"})
      if (!fields_.contains(field)) fail(fmt::format("expected the field '{}', found none", field));
    if (offsets_.size() != 2) fail(fmt::format("expected 2 data_offsets, found {}", offsets_.size()));
    entry_.begin = offsets_[0];
    entry_.end = offsets_[1];
    header_.entries.push_back(std::move(entry_));
    entry_ = {};
  }

  bool unexpected(const std::string& found) const {
    const char* expected = "an object of tensors";
    switch (at_) {
      case At::kExpectMetadata:
        expected = "an object of strings";
        break;
      case At::kMetadata:
        expected = "a string";
        break;
      case At::kExpectTensor:
        expected = "an object with dtype, shape and data_offsets";
        break;
      case At::kTensor:
        expected = key_ == "dtype" ? "a string for dtype" : "an array for shape and for data_offsets";
        break;
      case At::kShape:
        expected = "a non-negative integer in shape";
        break;
      case At::kOffsets:
        expected = "a non-negative integer in data_offsets";
        break;
      case At::kStart:
      case At::kHeader:
      case At::kDone:
        break;
    }
    fail(fmt::format("expected {}, found {}", expected, found));
  }

  [[noreturn]] void fail(const std::string& message) const {
    const std::string& name = entry_.info.name;
    if (at_ == At::kStart) throw InputError(fmt::format("{}: header: {}", where_, message));
    throw InputError(fmt::format("{}: tensor '{}': {}", where_, name, message));
  }

  const std::string& where_;
  SafetensorsHeader& header_;
  At at_ = At::kStart;
  SafetensorsEntry entry_;
  std::vector<int64_t> offsets_;
  std::string key_;
  std::unordered_set<std::string> fields_, names_;
};

[[noreturn]] void fail_tensor(const std::string& where, const SafetensorsEntry& entry, const std::string& message) {
  throw InputError(fmt::format("{}: tensor '{}': {}", where, entry.info.name, message));
}

// Bytes that dtype and shape demand.
int64_t checked_bytes(const std::string& where, const SafetensorsEntry& entry) {
  int64_t elements = 1;
  int64_t bits = 0;
  bool overflow = false;
  for (const int64_t size : entry.info.shape) overflow = overflow || __builtin_mul_overflow(elements, size, &elements);
  overflow = overflow || __builtin_mul_overflow(elements, dtype_bits(entry.info.dtype), &bits);
  if (overflow)
    fail_tensor(where, entry,
                fmt::format("expected a size below 2^63 bits, found {} [{}]", dtype_name(entry.info.dtype),
                            fmt::join(entry.info.shape, ", ")));
  if (bits % 8 != 0)
    fail_tensor(where, entry,
                fmt::format("expected a whole number of bytes, found {} bits ({} [{}])", bits,
                            dtype_name(entry.info.dtype), fmt::join(entry.info.shape, ", ")));
  return bits / 8;
}

// No holes, no overlaps, and nothing behind the last tensor: bytes that no tensor owns could carry anything.
void check_extents(const std::string& where, const SafetensorsHeader& header, int64_t data_bytes) {
  int64_t next = 0;
  for (const SafetensorsEntry& entry : header.entries) {
    if (entry.end < entry.begin)
      fail_tensor(where, entry,
                  fmt::format("expected data_offsets that do not decrease, found [{}, {}]", entry.begin, entry.end));
    if (entry.begin != next)
      fail_tensor(where, entry,
                  fmt::format("expected its data at offset {}, where the tensor before it ends, found offset {} ({})",
                              next, entry.begin, entry.begin > next ? "a hole" : "an overlap"));
    const int64_t bytes = checked_bytes(where, entry);
    if (entry.end - entry.begin != bytes)
      fail_tensor(where, entry,
                  fmt::format("expected {} bytes for {} [{}], found data_offsets [{}, {}]: {} bytes", bytes,
                              dtype_name(entry.info.dtype), fmt::join(entry.info.shape, ", "), entry.begin, entry.end,
                              entry.end - entry.begin));
    if (entry.end > data_bytes)
      fail_tensor(where, entry,
                  fmt::format("expected data up to byte {}, found the end of the file at byte {}",
                              header.data_begin + entry.end, header.data_begin + data_bytes));
    next = entry.end;
  }
  if (next != data_bytes)
    throw InputError(fmt::format("{}: byte {}: expected the end of the file after the last tensor, found {} more bytes",
                                 where, header.data_begin + next, data_bytes - next));
}

uint64_t read_u64_little_endian(std::span<const std::byte> bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < 8; ++i) value |= static_cast<uint64_t>(bytes[i]) << (8 * i);
  return value;
}

}  // namespace

SafetensorsHeader parse_safetensors(std::span<const std::byte> file_bytes, const std::string& where) {
  if (file_bytes.size() < static_cast<size_t>(kPrefixBytes))
    throw InputError(fmt::format("{}: byte 0: expected 8 bytes of header length, found a file of {} bytes", where,
                                 file_bytes.size()));
  const uint64_t length = read_u64_little_endian(file_bytes);
  if (length > kMaxHeaderBytes)
    throw InputError(
        fmt::format("{}: byte 0: expected a header of at most {} bytes, found {}", where, kMaxHeaderBytes, length));
  if (length > file_bytes.size() - static_cast<size_t>(kPrefixBytes))
    throw InputError(fmt::format("{}: byte 0: expected a header of {} bytes, found {} bytes behind the length", where,
                                 length, file_bytes.size() - static_cast<size_t>(kPrefixBytes)));
  const std::string_view text(reinterpret_cast<const char*>(file_bytes.data()) + kPrefixBytes,
                              static_cast<size_t>(length));
  refuse_nul_and_bom(text, where, kPrefixBytes);

  SafetensorsHeader header;
  header.data_begin = kPrefixBytes + static_cast<int64_t>(length);
  HeaderReader reader(where, header);
  nlohmann::json::sax_parse(text.begin(), text.end(), &reader);
  std::stable_sort(header.entries.begin(), header.entries.end(),
                   [](const auto& a, const auto& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  check_extents(where, header, static_cast<int64_t>(file_bytes.size()) - header.data_begin);
  return header;
}

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path)
    : file_(path), header_(parse_safetensors(file_.bytes(), path.string())) {
  const std::string shard = path.filename().string();  // of a symbolic link: the link's own name
  index_.reserve(header_.entries.size());
  for (size_t i = 0; i < header_.entries.size(); ++i) {
    header_.entries[i].info.shard = shard;
    index_.emplace(header_.entries[i].info.name, i);
  }
}

std::span<const std::byte> SafetensorsFile::bytes(const SafetensorsEntry& entry) const {
  return file_.bytes().subspan(static_cast<size_t>(header_.data_begin + entry.begin),
                               static_cast<size_t>(entry.end - entry.begin));
}

const SafetensorsEntry* SafetensorsFile::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &header_.entries[found->second];
}

}  // namespace fp8bench
