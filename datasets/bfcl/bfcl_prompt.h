// The prompt of BFCL for models without function calling (bfcl-eval 2026.3.23, its default format: functions as JSON,
// calls as Python, plain text).
#pragma once
#include <nlohmann/json.hpp>

namespace fp8bench::bfcl {

// messages: an entry's first turn; functions: the entry's "function". The functions go into a system message at the
// front, before what an entry's own system message says.
nlohmann::ordered_json messages_with_functions(const nlohmann::ordered_json& messages,
                                               const nlohmann::ordered_json& functions);

}  // namespace fp8bench::bfcl
