// The "pre_tokenizer" of tokenizer.json: where no token may reach across.
#pragma once
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/text/pieces.h"

namespace fp8bench {

using PreTokenizer = std::function<void(Pieces&)>;

// `json` may be null: then the text stays whole. Throws InputError naming `where` (the file) and the key below `path`.
PreTokenizer parse_pre_tokenizer(const nlohmann::json& json, const std::string& where, const std::string& path);

}  // namespace fp8bench
