#include "harness/text/growth.h"

#include <fmt/core.h>

#include <algorithm>

#include "harness/io/error.h"

namespace fp8bench {
namespace {

constexpr double kMaxGrowth = 256;  // Gemma: 4, Llama and Qwen: 4

double length_of(const nlohmann::json& part, const char* key) {
  const auto found = part.find(key);
  return found != part.end() && found->is_string() ? static_cast<double>(found->get_ref<const std::string&>().size())
                                                   : 0;
}

double growth(const nlohmann::json& part) {
  if (!part.is_object()) return 1;
  const auto type = part.find("type");
  if (type == part.end() || !type->is_string()) return 1;
  double product = 1;
  if (*type == "Sequence") {
    for (const char* key : {"normalizers", "pretokenizers", "decoders"})
      if (const auto list = part.find(key); list != part.end() && list->is_array())
        for (const nlohmann::json& step : *list) product *= growth(step);
  } else if (*type == "Replace") {
    product = 1 + length_of(part, "content");  // for every byte, and for nothing between two
  } else if (*type == "Prepend") {
    product = 1 + length_of(part, "prepend");  // of a text of one byte
  } else if (*type == "Metaspace") {
    product = 4 + length_of(part, "replacement");
  } else if (*type == "ByteLevel") {
    product = 4;  // two bytes for one, after a space before every piece
  } else if (*type == "NFKC" || *type == "NFKD") {
    product = 11;  // U+FDFA
  } else if (*type == "NFC" || *type == "NFD") {
    product = 3;
  }
  return std::min(product, 1e9);
}

}  // namespace

void refuse_explosive_growth(const nlohmann::json& json, const std::string& where, const std::string& path) {
  if (const double found = growth(json); found > kMaxGrowth)
    throw InputError(fmt::format("{}: {}: expected parts that make a text at most {} times as long, found up to {}",
                                 where, path, kMaxGrowth, found));
}

}  // namespace fp8bench
