#include "bench/cases/case_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace fp8bench {

const CaseSpec::Value& CaseSpec::value(std::string_view axis) const {
  for (const Value& value : values)
    if (value.axis == axis) return value;
  throw std::logic_error(fmt::format("{} has no axis {}", op, axis));  // a mistake in the operation's own file
}

int64_t CaseSpec::count(std::string_view axis) const { return std::strtoll(value(axis).text.c_str(), nullptr, 10); }

const std::string& CaseSpec::choice(std::string_view axis) const { return value(axis).text; }

bool CaseSpec::has(std::string_view axis, std::string_view member) const {
  const std::vector<std::string> members = split_list(value(axis).text, ',');
  return std::find(members.begin(), members.end(), member) != members.end();
}

std::string CaseSpec::text() const {
  std::string text = "op=" + op;
  if (!shape.empty()) text += " shape=" + shape;
  for (const Value& value : values)
    if (!value.implied) text += fmt::format(" {}={}", value.axis, value.text);
  return text;
}

std::string CaseSpec::name() const {
  std::string part = shape;
  std::replace(part.begin(), part.end(), '/', ':');  // '/' parts the axes
  std::string name = op;
  if (!part.empty()) name += "/shape:" + part;
  for (const Value& value : values)
    if (!value.implied) name += fmt::format("/{}:{}", value.axis, value.text);
  return name;
}

std::vector<std::string> split_list(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(separator, begin), text.size());
    parts.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

}  // namespace fp8bench
