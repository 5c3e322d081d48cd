#include "harness/io/json_fields.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "harness/io/error.h"
#include "harness/io/strict_json.h"

namespace fp8bench {

std::optional<int64_t> as_integer(const nlohmann::json& value, int64_t low, int64_t high) {
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)) return std::nullopt;
  const auto number = value.get<int64_t>();
  if (number < low || number > high) return std::nullopt;
  return number;
}

JsonFields::JsonFields(const nlohmann::json& object, std::string where, std::string path)
    : object_(object), where_(std::move(where)), path_(std::move(path)) {
  if (!object.is_object())
    throw InputError(
        fmt::format("{}: {}: expected an object, found {}", where_, path_.empty() ? "file" : path_, shown(object)));
}

void JsonFields::fail(const std::string& key, const std::string& expected, const nlohmann::json* found) const {
  throw InputError(fmt::format("{}: {}: expected {}, found {}", where_, name_of(key), expected,
                               found == nullptr ? "nothing" : shown(*found)));
}

const nlohmann::json* JsonFields::find(const std::string& key) {
  known_.insert(key);
  const auto found = object_.find(key);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

const nlohmann::json& JsonFields::need(const std::string& key) {
  const nlohmann::json* found = find(key);
  if (found == nullptr) fail(key, "a value", object_.contains(key) ? &object_.at(key) : nullptr);
  return *found;
}

int64_t JsonFields::integer(const std::string& key, int64_t low, int64_t high) {
  const nlohmann::json* value = find(key);
  const auto number = value == nullptr ? std::nullopt : as_integer(*value, low, high);
  if (!number) fail(key, fmt::format("an integer from {} to {}", low, high), value);
  return *number;
}

int64_t JsonFields::integer_or(const std::string& key, int64_t low, int64_t high, int64_t absent) {
  return find(key) == nullptr ? absent : integer(key, low, high);
}

double JsonFields::number_or(const std::string& key, double absent) {
  const nlohmann::json* value = find(key);
  if (value == nullptr) return absent;
  if (!value->is_number() || !std::isfinite(value->get<double>())) fail(key, "a finite number", value);
  return value->get<double>();
}

bool JsonFields::boolean_or(const std::string& key, bool absent) {
  const nlohmann::json* value = find(key);
  if (value == nullptr) return absent;
  if (!value->is_boolean()) fail(key, "true or false", value);
  return value->get<bool>();
}

std::string JsonFields::text(const std::string& key) {
  const nlohmann::json* value = find(key);
  if (value == nullptr || !value->is_string()) fail(key, "a string", value);
  return value->get<std::string>();
}

std::string JsonFields::text_or(const std::string& key, const std::string& absent) {
  return find(key) == nullptr ? absent : text(key);
}

void JsonFields::expect_text(const std::string& key, std::initializer_list<std::string_view> expected) {
  const nlohmann::json* value = find(key);
  const bool right = value != nullptr && value->is_string() &&
                     std::find(expected.begin(), expected.end(), value->get<std::string>()) != expected.end();
  if (!right) fail(key, fmt::format("\"{}\"", fmt::join(expected, "\" or \"")), value);
}

void JsonFields::expect_integer(const std::string& key, int64_t expected, bool absent_ok) {
  const nlohmann::json* value = find(key);
  if (value == nullptr && absent_ok) return;
  if (value == nullptr || !as_integer(*value, expected, expected)) fail(key, fmt::format("{}", expected), value);
}

void JsonFields::expect_boolean(const std::string& key, bool expected, bool absent_ok) {
  const nlohmann::json* value = find(key);
  if (value == nullptr && absent_ok) return;
  if (value == nullptr || !value->is_boolean() || value->get<bool>() != expected)
    fail(key, expected ? "true" : "false", value);
}

void JsonFields::expect_absent(const std::string& key) {
  if (const nlohmann::json* value = find(key)) fail(key, "null", value);
}

void JsonFields::expect_absent_or_empty(const std::string& key) {
  const nlohmann::json* value = find(key);
  if (value != nullptr && !(value->is_structured() && value->empty())) fail(key, "nothing or {}", value);
}

void JsonFields::refuse_unknown(std::span<const std::string_view> harmless, const char* why) {
  for (const auto& [key, value] : object_.items()) {
    if (value.is_null() || known_.contains(key) || std::find(harmless.begin(), harmless.end(), key) != harmless.end())
      continue;
    fail(key, std::string("no such key (") + why + ")", &value);
  }
}

}  // namespace fp8bench
