// How much longer the parts of a tokenizer.json can make a text. Twenty harmless-looking replacements in a row would
// otherwise fill any memory.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

namespace fp8bench {

// Throws InputError when the normalizer, pre-tokenizer or decoder under `path` can make a text more than 256 times as
// long. `json` may be null; what it is not is judged elsewhere.
void refuse_explosive_growth(const nlohmann::json& json, const std::string& where, const std::string& path);

}  // namespace fp8bench
