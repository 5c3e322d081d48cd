// Typed access to the fields of one JSON object, with errors that name the file, the field, what was expected and
// found. Remembers which keys were read, so that unknown ones can be refused.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fp8bench {

class JsonFields {
 public:
  // `path` is the object's place in the file, "" for the top: errors say "path.key". Throws unless `object` is an
  // object.
  JsonFields(const nlohmann::json& object, std::string where, std::string path);

  // Null when absent. A key whose value is null counts as absent: that is how Python writes "not set".
  const nlohmann::json* find(const std::string& key);
  const nlohmann::json& need(const std::string& key);

  int64_t integer(const std::string& key, int64_t low, int64_t high);  // required
  int64_t integer_or(const std::string& key, int64_t low, int64_t high, int64_t absent);
  double number_or(const std::string& key, double absent);  // finite
  bool boolean_or(const std::string& key, bool absent);
  std::string text(const std::string& key);  // required
  std::string text_or(const std::string& key, const std::string& absent);

  // The value must be the expected one; `absent_ok`: or not be there.
  void expect_text(const std::string& key, std::initializer_list<std::string_view> expected);
  void expect_integer(const std::string& key, int64_t expected, bool absent_ok = false);
  void expect_boolean(const std::string& key, bool expected, bool absent_ok);
  void expect_absent(const std::string& key);           // null counts as absent
  void expect_absent_or_empty(const std::string& key);  // null, {} and [] count as absent

  // Throws for the first key that nothing above asked for and that is not listed, unless its value is null.
  void refuse_unknown(std::span<const std::string_view> harmless, const char* why);

  [[noreturn]] void fail(const std::string& key, const std::string& expected, const nlohmann::json* found) const;
  const std::string& where() const { return where_; }
  std::string name_of(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }

 private:
  const nlohmann::json& object_;
  std::string where_, path_;
  std::set<std::string> known_;
};

// The integer in `value` if it is one in range.
std::optional<int64_t> as_integer(const nlohmann::json& value, int64_t low, int64_t high);

}  // namespace fp8bench
