// Parts of tokenizer.json stand in tables: the type names the row, the row makes the part. What is in no table, and a
// key that the row did not read, is refused.
#pragma once
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "harness/io/json_fields.h"

namespace fp8bench {

// `table`: rows {type, make}; `make(fields)` reads the keys of the part.
template <typename Table>
auto make_part(const Table& table, const nlohmann::json& json, const std::string& where, const std::string& path) {
  JsonFields fields(json, where, path);
  const std::string type = fields.text("type");
  std::string known;
  for (const auto& row : table) {
    if (type == row.type) {
      auto part = row.make(fields);
      fields.refuse_unknown({}, "it may change the tokens");
      return part;
    }
    known += fmt::format("{}{}", known.empty() ? "" : ", ", row.type);
  }
  fields.fail("type", fmt::format("one of {}", known), fields.find("type"));
}

// The list under `key`, each element made by `parse(json, where, path)`.
template <typename Parse>
auto parse_list(JsonFields& fields, const std::string& key, const Parse& parse) {
  const nlohmann::json& list = fields.need(key);
  if (!list.is_array()) fields.fail(key, "a list", &list);
  std::vector<decltype(parse(list, fields.where(), key))> parts;
  for (size_t i = 0; i < list.size(); ++i)
    parts.push_back(parse(list[i], fields.where(), fmt::format("{}[{}]", fields.name_of(key), i)));
  return parts;
}

}  // namespace fp8bench
