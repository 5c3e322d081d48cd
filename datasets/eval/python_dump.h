// What Python prints of JSON values: lm-eval's hashes are of such text.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

namespace fp8bench {

// json.dumps(value, ensure_ascii=False, indent=indent); indent < 0: on one line, separators ", " and ": ".
// Floats as repr() prints them; NaN and Infinity as Python writes them.
std::string python_dumps(const nlohmann::ordered_json& value, int indent = -1);

// str(value): a string as it is, True, None, [1, 'a'].
std::string python_str(const nlohmann::ordered_json& value);

std::string python_float_text(double value);  // repr() of a float

}  // namespace fp8bench
