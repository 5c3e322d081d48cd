// Tool calls in the text of an answer, as BFCL's decoder for prompted models reads them (bfcl-eval 2026.3.23): a list
// of Python calls, "[f(a=1), g.h(b='x')]".
#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "datasets/bfcl/py_value.h"

namespace fp8bench::bfcl {

// A list with one dict a call: {name: {argument: value}}. Positional arguments are dropped; a name stands for itself as
// text, a call without keywords for its source. nullopt: the text is no list of calls. text: any bytes.
std::optional<python::Value> decode_calls(std::string_view text);

// Calls that the harness's parser found, [{"name": ..., "arguments": {...}}], in the same form.
python::Value from_tool_calls(const nlohmann::ordered_json& calls);

// Whether a value has that form: a list of dicts, each with one entry that is a dict.
bool is_call_list(const python::Value& value);

}  // namespace fp8bench::bfcl
