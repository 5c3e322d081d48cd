// The quantization_config of a checkpoint (compressed-tensors), as far as the loader runs it.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fp8bench {

enum class QuantKind { kNone, kFp8Dynamic };

// One row per kind that the loader runs.
struct QuantSchemeInfo {
  QuantKind kind;
  std::string_view name, summary;
};

std::span<const QuantSchemeInfo> quant_schemes();

struct QuantScheme {
  QuantKind kind = QuantKind::kNone;
  std::vector<std::string> ignore;  // verbatim
  std::string version, group;
};

// kNone when config.json has no quantization_config. Throws InputError for any other scheme, naming the field, what was
// expected and what was found.
QuantScheme parse_quant_scheme(const std::string& config_text, const std::string& where);

}  // namespace fp8bench
