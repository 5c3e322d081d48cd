// The "decoder" of tokenizer.json: pieces of tokens to text.
#pragma once
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace fp8bench {

// Changes the list; what is left in the end is joined.
using Decoder = std::function<void(std::vector<std::string>&)>;

// `json` may be null: then spaces come between the pieces. Throws InputError naming `where` (the file) and the key
// below `path`.
Decoder parse_decoder(const nlohmann::json& json, const std::string& where, const std::string& path);

}  // namespace fp8bench
