// JSON as Python's json module reads and writes it, because config.json and the index are re-written by upstream with
// json.dump(value, indent=2, sort_keys=True): keys sorted by code point, non-ASCII as \uXXXX, integers of any size
// kept, floats as repr() prints them (1e-06, 1e+30, -0.0, 1000000.0), NaN and Infinity allowed.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace fp8bench {

struct PyJson {
  enum class Kind { kNull, kTrue, kFalse, kNumber, kString, kArray, kObject };
  Kind kind = Kind::kNull;
  std::string text;           // kNumber: as Python prints it. kString: UTF-8 (a lone surrogate as its 3-byte form)
  std::vector<PyJson> items;  // kArray
  std::map<std::string, PyJson>
      members;  // kObject; byte order of UTF-8 is code-point order. A repeated key: the last wins

  static PyJson null() { return {}; }
  static PyJson boolean(bool value);
  static PyJson integer(int64_t value);
  static PyJson string(std::string value);
  static PyJson array(std::vector<PyJson> values = {});
  static PyJson strings(const std::vector<std::string>& values);
  static PyJson object(std::map<std::string, PyJson> values = {});

  bool is_object() const { return kind == Kind::kObject; }
  bool is_string() const { return kind == Kind::kString; }
  const PyJson* find(const std::string& key) const;  // null when absent or not an object
};

// Throws InputError with `where`, the byte offset and what was expected.
PyJson parse_python_json(std::string_view text, const std::string& where);

// json.dumps(value, indent=2, sort_keys=True), no newline at the end.
std::string dump_python_json(const PyJson& value);

// repr() of a Python float.
std::string python_float_repr(double value);

}  // namespace fp8bench
