// Values as text: str(), repr() and json.dumps() of Python. All charge the machine for what they make.
#pragma once
#include <optional>
#include <string>

#include "harness/text/jinja/machine.h"
#include "harness/text/jinja/value.h"

namespace fp8bench::jinja {

std::string to_text(Machine& machine, const Value& value);  // str(value): what {{ value }} prints
std::string to_repr(Machine& machine, const Value& value);  // repr(value): what stands inside a printed list

struct JsonStyle {
  bool ascii_only = false;            // ensure_ascii
  std::optional<std::string> indent;  // one level; absent: everything on one line
  std::string item_separator = ", ";
  std::string key_separator = ": ";
  bool sort_keys = false;
};
std::string to_json(Machine& machine, const Value& value, const JsonStyle& style);

}  // namespace fp8bench::jinja
