// BFCL's function schemas as the tools of a chat.
#pragma once
#include <nlohmann/json.hpp>

namespace fp8bench::bfcl {

// [{"type": "function", "function": {name, description, parameters}}] with JSON schema's names of types ("dict" is
// "object", "float" is "number") and BFCL's remarks in the descriptions. Names keep their dots.
nlohmann::ordered_json tools_of(const nlohmann::ordered_json& functions);

// BFCL's remark on the language, at the end of a function's description.
void describe_language(nlohmann::ordered_json& function);

}  // namespace fp8bench::bfcl
