// The prompt of BFCL for models without function calling (bfcl-eval 2026.3.23, its default format: functions as JSON,
// calls as Python, plain text).
#pragma once
#include <nlohmann/json.hpp>
#include <string>

namespace fp8bench::bfcl {

// messages: an entry's first turn; functions: the entry's "function". The functions go into a system message at the
// front, before what an entry's own system message says.
nlohmann::ordered_json messages_with_functions(const nlohmann::ordered_json& messages,
                                               const nlohmann::ordered_json& functions);

// `system` as the first message; a system message that already stands there follows it in the same one.
nlohmann::ordered_json with_system(const nlohmann::ordered_json& messages, const std::string& system);

}  // namespace fp8bench::bfcl
