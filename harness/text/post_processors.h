// The "post_processor" of tokenizer.json: what comes before and after the ids of a text.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace fp8bench {

struct Surrounding {
  std::vector<int32_t> before, after;
};

// `json` may be null: nothing. Throws InputError naming `where` (the file) and the key below `path`.
Surrounding parse_post_processor(const nlohmann::json& json, const std::string& where, const std::string& path);

}  // namespace fp8bench
