// A Python value as the BFCL checker compares it: types are told apart exactly (True is no int, 1 no float), equality
// is Python's (1 == 1.0 == True).
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fp8bench::python {

struct Value {
  enum class Type { kNone, kBool, kInt, kFloat, kComplex, kString, kBytes, kList, kTuple, kDict };
  Type type = Type::kNone;
  bool boolean = false;
  std::string text;                              // string, bytes; an int in decimal digits, of any size
  double real = 0, imaginary = 0;                // float, complex
  std::vector<Value> items;                      // list, tuple
  std::vector<std::pair<Value, Value>> entries;  // dict, in order of insertion

  static Value of_bool(bool value);
  static Value of_int(std::string_view digits);  // decimal, with or without a sign and leading zeros
  static Value of_float(double value);
  static Value of_string(std::string text);
  static Value of_list(std::vector<Value> items);
  static Value of_dict();

  bool is(Type wanted) const { return type == wanted; }
  const Value* find(const Value& key) const;  // of a dict; nullptr if it is not there
  const Value* find(std::string_view key) const;
  void set(Value key, Value value);  // keeps the place and the key of an equal one
};

bool operator==(const Value& a, const Value& b);
inline bool operator!=(const Value& a, const Value& b) { return !(a == b); }
bool is_hashable(const Value& value);

Value from_json(const nlohmann::ordered_json& json);  // numbers by their lexeme: 1 is an int, 1.0 a float
nlohmann::ordered_json to_json(const Value& value);   // tuples as lists, keys as text, bytes and complex as repr
double to_double(const Value& number);                // of a bool, int or float
std::string repr(const Value& value);

}  // namespace fp8bench::python
