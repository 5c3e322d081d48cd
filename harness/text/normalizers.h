// The "normalizer" of tokenizer.json: text to text, before it is cut.
#pragma once
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

namespace fp8bench {

using Normalizer = std::function<std::string(std::string)>;

// `json` may be null: then nothing changes. Throws InputError naming `where` (the file) and the key below `path`.
Normalizer parse_normalizer(const nlohmann::json& json, const std::string& where, const std::string& path);

}  // namespace fp8bench
