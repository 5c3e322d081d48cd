// {"String": "..."} or {"Regex": "..."}: what Replace and Split look for.
#pragma once
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "harness/text/regex.h"

namespace fp8bench {

class TextPattern {
 public:
  // Throws InputError.
  static TextPattern parse(const nlohmann::json& json, const std::string& where, const std::string& path);
  static TextPattern of_regex(std::string_view pattern, const std::string& where);

  void for_each_match(std::string_view text, const std::function<void(size_t, size_t)>& found) const;
  std::string replace_all(std::string text, const std::string& content) const;

 private:
  std::string literal_;
  std::shared_ptr<const Regex> regex_;  // null: the literal
};

}  // namespace fp8bench
