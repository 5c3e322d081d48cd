#include "harness/checkpoint/generation_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>

#include "harness/io/error.h"
#include "harness/io/json_fields.h"
#include "harness/io/sha256.h"
#include "harness/io/text_file.h"

namespace fp8bench {
namespace {

using nlohmann::json;

constexpr const char* kFile = "generation_config.json";
constexpr int64_t kMost = std::numeric_limits<int32_t>::max();

std::vector<int32_t> token_ids(JsonFields& fields, const std::string& key) {
  const json* value = fields.find(key);
  std::vector<int32_t> ids;
  if (value == nullptr) return ids;
  for (const json& id : value->is_array() ? *value : json::array({*value})) {
    const std::optional<int64_t> number = as_integer(id, 0, kMost);
    if (!number) fields.fail(key, "a token id or a list of them", value);
    ids.push_back(static_cast<int32_t>(*number));
  }
  return ids;
}

}  // namespace

GenerationConfig parse_generation_config(const std::string& text, const std::string& where) {
  json value;
  try {
    value = json::parse(text);
  } catch (const json::exception& error) {
    throw InputError(fmt::format("{}: expected JSON: {}", where, error.what()));
  }
  JsonFields fields(value, where, "");
  GenerationConfig out;
  out.eos = token_ids(fields, "eos_token_id");
  out.do_sample = fields.boolean_or("do_sample", false);
  out.temperature = fields.number_or("temperature", out.temperature);
  out.top_k = fields.integer_or("top_k", 0, kMost, out.top_k);
  out.top_p = fields.number_or("top_p", out.top_p);
  out.min_p = fields.number_or("min_p", out.min_p);
  const auto require = [&](bool good, const char* key, const char* expected) {
    if (!good) fields.fail(key, expected, fields.find(key));
  };
  require(out.temperature >= 0, "temperature", "a number of at least 0");
  require(out.top_p > 0 && out.top_p <= 1, "top_p", "a number in (0, 1]");
  require(out.min_p >= 0 && out.min_p <= 1, "min_p", "a number in [0, 1]");
  return out;
}

GenerationConfig read_generation_config(const Checkpoint& checkpoint) {
  GenerationConfig out;
  for (const SideFile& file : checkpoint.source->side_files()) {
    if (file.name != kFile) continue;
    out = file.location.empty() ? parse_generation_config(file.content, kFile)
                                : parse_generation_config(read_text_file(file.location), file.location.string());
  }
  if (out.eos.empty()) out.eos.assign(checkpoint.config.eos.begin(), checkpoint.config.eos.end());
  return out;
}

int64_t context_length(const std::string& config_text) {
  const json whole = json::parse(config_text, nullptr, false);
  if (!whole.is_object()) return 0;
  const auto text = whole.find("text_config");
  const json& config = text != whole.end() && text->is_object() ? *text : whole;
  for (const char* key : {"n_positions", "max_position_embeddings", "n_ctx"}) {
    const auto found = config.find(key);
    if (found != config.end() && found->is_number_integer()) return found->get<int64_t>();
  }
  return 0;
}

std::string checkpoint_fingerprint(const TensorSource& source, int64_t whole_limit) {
  int64_t total = 0;
  for (const TensorInfo& tensor : source.tensors()) total += tensor.bytes();
  constexpr int64_t kBlock = int64_t{8} << 20;
  Sha256 hash;
  hash.update(source.config_text());
  std::vector<std::byte> bytes;
  for (const TensorInfo& tensor : source.tensors()) {
    hash.update(fmt::format("\n{} {} {}\n", tensor.name, dtype_name(tensor.dtype), fmt::join(tensor.shape, "x")));
    const int64_t rows = tensor.rows(), row_bytes = tensor.row_bytes();
    if (rows == 0 || row_bytes == 0) continue;
    const auto add = [&](int64_t begin, int64_t end) {
      bytes.resize(static_cast<size_t>((end - begin) * row_bytes));
      source.read_rows(tensor, begin, end, bytes);
      hash.update(bytes);
    };
    if (total > whole_limit) {
      add(0, 1);
      add(rows - 1, rows);
      continue;
    }
    const int64_t step = std::max<int64_t>(kBlock / row_bytes, 1);
    for (int64_t row = 0; row < rows; row += step) add(row, std::min(row + step, rows));
  }
  return hash.hex();
}

}  // namespace fp8bench
