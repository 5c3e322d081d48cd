// The quantization_config of a checkpoint (compressed-tensors), as far as the loader runs it.
#pragma once
#include <string>
#include <vector>

namespace fp8bench {

enum class QuantKind { kNone, kFp8Dynamic };

struct QuantScheme {
  QuantKind kind = QuantKind::kNone;
  std::vector<std::string> ignore;  // verbatim
  std::string version, group;
};

// kNone when config.json has no quantization_config. Throws InputError for any other scheme, naming the field, what was expected
// and what was found.
QuantScheme parse_quant_scheme(const std::string& config_text, const std::string& where);

}  // namespace fp8bench
