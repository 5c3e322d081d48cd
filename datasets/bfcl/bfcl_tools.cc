#include "datasets/bfcl/bfcl_tools.h"

#include <string>
#include <utility>

namespace fp8bench::bfcl {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::pair<const char*, const char*> kTypes[] = {
    {"integer", "integer"}, {"number", "number"}, {"float", "number"}, {"string", "string"},
    {"boolean", "boolean"}, {"bool", "boolean"},  {"array", "array"},  {"list", "array"},
    {"tuple", "array"},     {"dict", "object"},   {"object", "object"}};

std::string schema_type(const Json& schema) {
  if (schema.contains("type") && schema.at("type").is_string())
    for (const auto& [own, json] : kTypes)
      if (schema.at("type") == own) return json;
  return "string";  // "any" and what is unknown
}

void append(Json& schema, const char* remark) {
  schema["description"] = schema.value("description", std::string()) + remark;
}

void convert(Json& schema) {
  if (!schema.is_object()) return;
  const bool is_float = schema.contains("type") && schema.at("type") == "float";
  schema["type"] = schema_type(schema);
  if (is_float && schema.contains("description")) {
    schema["format"] = "float";
    append(schema, " This is a float type value.");
  }
  if (schema.contains("properties"))
    for (auto& [name, property] : schema.at("properties").items()) convert(property);
  if (schema.contains("items")) convert(schema.at("items"));
}

}  // namespace

void describe_language(Json& function) { append(function, " Note that the provided function is in Python 3 syntax."); }

Json tools_of(const Json& functions) {
  Json tools = Json::array();
  for (Json function : functions) {
    describe_language(function);
    convert(function.at("parameters"));
    tools.push_back({{"type", "function"}, {"function", std::move(function)}});
  }
  return tools;
}

}  // namespace fp8bench::bfcl
