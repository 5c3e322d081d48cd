// Methods of str. Text that is marked safe keeps its mark; arguments would have to be escaped first, which is refused
// when it would make a difference.
#include <fmt/format.h>

#include <array>

#include "harness/text/jinja/machine.h"
#include "harness/text/jinja/method_table.h"
#include "harness/text/jinja/operations.h"
#include "harness/text/jinja/python_text.h"
#include "harness/text/jinja/value_text.h"

namespace fp8bench::jinja {
namespace {

Value result(const Value& self, std::string text) { return Value::text(std::move(text), self.is_markup()); }

// The text of an argument to a method of `self`.
const std::string& argument(const Value& self, const Value& value, const char* what) {
  const std::string& text = require_text(value, what);
  if (self.is_markup() && !value.is_markup() && html_escape(text) != text)
    throw Fault("methods of text that is marked safe take no text that has to be escaped");
  return text;
}
std::optional<std::string> optional_argument(const Value& self, const Value* value, const char* what) {
  if (value == nullptr || value->is_none()) return std::nullopt;
  return argument(self, *value, what);
}

std::optional<std::string> optional_text(const Value* value, const char* what) {
  if (value == nullptr || value->is_none()) return std::nullopt;
  return require_text(*value, what);
}

template <Side side>
Value strip_method(Machine& machine, const Value& self, const Arguments& arguments) {
  const auto bound = arguments.bind_positional("strip", 0, 1);
  const auto characters = optional_text(bound[0], "strip() characters");
  machine.charge(self.utf8().size());
  machine.step(static_cast<int64_t>(characters ? characters->size() : 0));
  return result(self, std::string(strip(self.utf8(), side, characters)));
}

template <std::string (*change)(std::string_view)>
Value change_case(Machine& machine, const Value& self, const Arguments& arguments) {
  arguments.bind_positional("a method of str", 0, 0);
  machine.charge(4 * self.utf8().size());
  return result(self, change(self.utf8()));
}

template <bool (*holds)(std::string_view)>
Value is_case(Machine& machine, const Value& self, const Arguments& arguments) {
  arguments.bind_positional("a method of str", 0, 0);
  machine.charge(4 * self.utf8().size());
  return Value::boolean(holds(self.utf8()));
}
template <CharacterClass what>
Value is_class(Machine& machine, const Value& self, const Arguments& arguments) {
  arguments.bind_positional("a method of str", 0, 0);
  machine.charge(4 * self.utf8().size());
  return Value::boolean(all_of_class(self.utf8(), what));
}

Value list_of(Machine& machine, const Value& self, std::vector<std::string> parts) {
  machine.charge_items(parts.size());
  Items items;
  for (std::string& part : parts) items.push_back(result(self, std::move(part)));
  return Value::list(std::move(items));
}

template <bool from_right>
Value split_method(Machine& machine, const Value& self, const Arguments& arguments) {
  const auto bound = arguments.bind("split", {"sep", "maxsplit"});
  const auto separator = optional_argument(self, bound[0], "split() separator");
  const int64_t most = bound[1] != nullptr ? require_int(*bound[1], "split() maxsplit") : -1;
  if (separator && separator->empty()) throw Fault("empty separator");
  machine.charge(2 * self.utf8().size());
  return list_of(machine, self,
                 from_right ? split_right(self.utf8(), separator, most) : split(self.utf8(), separator, most));
}
Value splitlines_method(Machine& machine, const Value& self, const Arguments& arguments) {
  const auto bound = arguments.bind("splitlines", {"keepends"});
  machine.charge(2 * self.utf8().size());
  return list_of(machine, self, split_lines(self.utf8(), bound[0] != nullptr && truthy(*bound[0])));
}

Value replace_method(Machine& machine, const Value& self, const Arguments& arguments) {
  const auto bound = arguments.bind_positional("replace", 2, 3);
  const std::string &from = argument(self, *bound[0], "replace() argument 1"),
                    &to = argument(self, *bound[1], "replace() argument 2");
  const int64_t most = bound[2] != nullptr ? require_int(*bound[2], "replace() count") : -1;
  machine.charge(self.utf8().size() + replaced_size(self.utf8(), from, to, most));
  return result(self, replace(self.utf8(), from, to, most));
}

// The part of the text that optional start and end arguments, in code points, ask for; its offset in `offset`.
std::string_view part_of(Machine& machine, const Value& self, const Value* start, const Value* end, int64_t& offset) {
  std::string_view text = self.utf8();
  machine.charge(text.size());
  offset = 0;
  const auto given = [](const Value* v) { return v != nullptr && !v->is_none(); };
  if (!given(start) && !given(end)) return text;
  if (!is_ascii(text)) throw Fault("start and end arguments on text that is not ASCII are not supported");
  const auto size = static_cast<int64_t>(text.size());
  const auto clamp = [&](int64_t at) { return std::clamp(at < 0 ? at + size : at, int64_t{0}, size); };
  const int64_t last = given(end) ? clamp(require_int(*end, "end")) : size;
  if (given(start)) {
    const int64_t asked = require_int(*start, "start");
    if (asked > size || clamp(asked) > last) {
      offset = -1;  // nothing can be found there, not even ""
      return {};
    }
    offset = clamp(asked);
  }
  return text.substr(static_cast<size_t>(offset), static_cast<size_t>(last - offset));
}

template <bool at_end>
Value with_method(Machine& machine, const Value& self, const Arguments& arguments) {
  const auto bound = arguments.bind_positional(at_end ? "endswith" : "startswith", 1, 3);
  int64_t offset = 0;
  const std::string_view text = part_of(machine, self, bound[1], bound[2], offset);
  if (bound[0]->as_tuple() == nullptr) {
    const std::string& affix = require_text(*bound[0], at_end ? "endswith() argument" : "startswith() argument");
    return Value::boolean(offset >= 0 && (at_end ? text.ends_with(affix) : text.starts_with(affix)));
  }
  bool found = false;
  for (const Value& affix : bound[0]->as_tuple()->items) {
    const std::string& one = require_text(affix, "an affix");
    machine.step();
    found = found || (offset >= 0 && (at_end ? text.ends_with(one) : text.starts_with(one)));
    if (found) break;
  }
  return Value::boolean(found);
}

enum class Search { kFind, kFindLast, kIndex };
template <Search how>
Value find_method(Machine& machine, const Value& self, const Arguments& arguments) {
  const auto bound = arguments.bind_positional("find", 1, 3);
  int64_t offset = 0;
  const std::string_view text = part_of(machine, self, bound[1], bound[2], offset);
  const int64_t found = offset < 0 ? -1 : find(text, require_text(*bound[0], "what to find"), how == Search::kFindLast);
  if (found < 0 && how == Search::kIndex) throw Fault("substring not found");
  return Value::integer(found < 0 ? -1 : found + offset);
}
Value count_method(Machine& machine, const Value& self, const Arguments& arguments) {
  const auto bound = arguments.bind_positional("count", 1, 3);
  int64_t offset = 0;
  const std::string_view text = part_of(machine, self, bound[1], bound[2], offset);
  return Value::integer(offset < 0 ? 0 : count(text, require_text(*bound[0], "what to count")));
}

template <bool at_end>
Value remove_method(Machine& machine, const Value& self, const Arguments& arguments) {
  const std::string& affix = require_text(*arguments.bind_positional("removeprefix or -suffix", 1, 1)[0], "an affix");
  std::string_view text = self.utf8();
  machine.charge(text.size());
  if (!affix.empty() && (at_end ? text.ends_with(affix) : text.starts_with(affix)))
    text = at_end ? text.substr(0, text.size() - affix.size()) : text.substr(affix.size());
  return result(self, std::string(text));
}

Value join_method(Machine& machine, const Value& self, const Arguments& arguments) {
  const Items items = iterate(*arguments.bind_positional("join", 1, 1)[0]);
  std::string text;
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string& item = argument(self, items[i], "an item to join");
    machine.charge(self.utf8().size() + item.size());
    if (i > 0) text += self.utf8();
    text += item;
  }
  return result(self, std::move(text));
}

constexpr std::array kTextMethods = {
    NamedFunction{"strip", strip_method<kBoth>},
    NamedFunction{"lstrip", strip_method<kLeft>},
    NamedFunction{"rstrip", strip_method<kRight>},
    NamedFunction{"upper", change_case<upper>},
    NamedFunction{"lower", change_case<lower>},
    NamedFunction{"capitalize", change_case<capitalize>},
    NamedFunction{"title", change_case<title>},
    NamedFunction{"isupper", is_case<is_upper>},
    NamedFunction{"islower", is_case<is_lower>},
    NamedFunction{"isdigit", is_class<CharacterClass::kDigit>},
    NamedFunction{"isalpha", is_class<CharacterClass::kAlpha>},
    NamedFunction{"isalnum", is_class<CharacterClass::kAlphanumeric>},
    NamedFunction{"isspace", is_class<CharacterClass::kSpace>},
    NamedFunction{"split", split_method<false>},
    NamedFunction{"rsplit", split_method<true>},
    NamedFunction{"splitlines", splitlines_method},
    NamedFunction{"replace", replace_method},
    NamedFunction{"startswith", with_method<false>},
    NamedFunction{"endswith", with_method<true>},
    NamedFunction{"find", find_method<Search::kFind>},
    NamedFunction{"rfind", find_method<Search::kFindLast>},
    NamedFunction{"index", find_method<Search::kIndex>},
    NamedFunction{"count", count_method},
    NamedFunction{"removeprefix", remove_method<false>},
    NamedFunction{"removesuffix", remove_method<true>},
    NamedFunction{"join", join_method},
};

}  // namespace

std::span<const NamedFunction> text_methods() { return kTextMethods; }

}  // namespace fp8bench::jinja
