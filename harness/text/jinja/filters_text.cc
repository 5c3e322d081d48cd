// Filters that make text of text. Like Jinja's they take any value and begin with its str().
#include <fmt/format.h>

#include "harness/text/jinja/filters.h"
#include "harness/text/jinja/machine.h"
#include "harness/text/jinja/operations.h"
#include "harness/text/jinja/python_text.h"
#include "harness/text/jinja/value_text.h"
#include "harness/text/utf8.h"

namespace fp8bench::jinja {
namespace {

Value result(const Value& subject, std::string text) { return Value::text(std::move(text), subject.is_markup()); }

template <std::string (*change)(std::string_view)>
Value change_case(Machine& machine, const Value& value, const Arguments& arguments) {
  arguments.bind_positional("filter", 0, 0);
  const std::string text = to_text(machine, value);
  machine.charge(4 * text.size());
  return result(value, change(text));
}

// Jinja's own rule, which is not str.title(): a word begins after space - ( { [ <.
std::string title_words(std::string_view text) {
  std::string words;
  bool begins = true;
  std::string word;
  const auto flush = [&] {
    if (word.empty()) return;
    const auto first = static_cast<size_t>(code_point_at(word, 0).bytes);
    words += upper(word.substr(0, first)) + lower(word.substr(first));
    word.clear();
  };
  for (const char32_t c : code_points(text)) {
    const bool separates = is_python_space(c) || c == '-' || c == '(' || c == '{' || c == '[' || c == '<';
    if (separates != begins) flush();
    begins = separates;
    append_utf8(word, c);
  }
  flush();
  return words;
}

Value trim(Machine& machine, const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind("trim", {"chars"});
  std::optional<std::string> characters;
  if (bound[0] != nullptr && !bound[0]->is_none()) characters = require_text(*bound[0], "trim characters");
  const std::string text = to_text(machine, value);
  return result(value, std::string(strip(text, kBoth, characters)));
}

Value replace_filter(Machine& machine, const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind("replace", {"old", "new", "count"}, 2);
  if (value.is_markup()) throw Fault("|replace of text that is marked safe is not supported");
  const std::string text = to_text(machine, value), from = to_text(machine, *bound[0]),
                    to = to_text(machine, *bound[1]);
  const int64_t most = bound[2] != nullptr && !bound[2]->is_none() ? require_int(*bound[2], "count") : -1;
  machine.charge(text.size() + replaced_size(text, from, to, most));
  return Value::text(replace(text, from, to, most));
}

Value indent(Machine& machine, const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind("indent", {"width", "first", "blank"});
  const std::string& text = require_text(value, "the indented value");
  std::string space = "    ";
  if (bound[0] != nullptr)
    space =
        bound[0]->is_text()
            ? bound[0]->utf8()
            : std::string(static_cast<size_t>(std::clamp<int64_t>(require_int(*bound[0], "width"), 0, 1 << 20)), ' ');
  const bool first = bound[1] != nullptr && truthy(*bound[1]), blank = bound[2] != nullptr && truthy(*bound[2]);
  const std::vector<std::string> lines = split_lines(text + "\n", false);
  std::string indented;
  for (size_t i = 0; i < lines.size(); ++i) {
    machine.charge(space.size() + lines[i].size() + 1);
    if (i > 0) indented += "\n";
    if (i == 0 ? first : blank || !lines[i].empty()) indented += space;
    indented += lines[i];
  }
  return result(value, std::move(indented));
}

Value string(Machine& machine, const Value& value, const Arguments& arguments) {
  arguments.bind_positional("string", 0, 0);
  return value.is_text() ? value : Value::text(to_text(machine, value));
}
Value safe(Machine& machine, const Value& value, const Arguments& arguments) {
  arguments.bind_positional("safe", 0, 0);
  return Value::text(to_text(machine, value), true);
}
template <bool always>
Value escape(Machine& machine, const Value& value, const Arguments& arguments) {
  arguments.bind_positional("escape", 0, 0);
  const std::string text = to_text(machine, value);
  machine.charge(6 * text.size());
  return Value::text(!always && value.is_markup() ? text : html_escape(text), true);
}

Value wordcount(Machine& machine, const Value& value, const Arguments& arguments) {
  arguments.bind_positional("wordcount", 0, 0);
  const std::string text = to_text(machine, value);
  machine.charge(4 * text.size());
  int64_t n = 0;
  bool inside = false;
  for (const char32_t c : code_points(text)) {
    std::string one;
    append_utf8(one, c);
    const bool word = c == '_' || all_of_class(one, CharacterClass::kAlphanumeric);
    n += word && !inside;
    inside = word;
  }
  return Value::integer(n);
}

Value center(Machine& machine, const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind("center", {"width"});
  const std::string text = to_text(machine, value);
  const int64_t width = bound[0] != nullptr ? require_int(*bound[0], "width") : 80;
  const int64_t size = length(Value::text(text)), space = std::clamp<int64_t>(width - size, 0, int64_t{1} << 40);
  machine.charge(static_cast<size_t>(space));
  const int64_t left = space / 2 + (space & width & 1);
  return result(
      value, std::string(static_cast<size_t>(left), ' ') + text + std::string(static_cast<size_t>(space - left), ' '));
}

Value truncate(Machine& machine, const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind("truncate", {"length", "killwords", "end", "leeway"});
  const int64_t limit = bound[0] != nullptr ? require_int(*bound[0], "length") : 255;
  const bool kill = bound[1] != nullptr && truthy(*bound[1]);
  const std::string end = bound[2] != nullptr ? require_text(*bound[2], "end") : "...";
  const int64_t leeway = bound[3] != nullptr && !bound[3]->is_none() ? require_int(*bound[3], "leeway") : 5;
  const int64_t end_size = length(Value::text(end));
  if (limit < end_size || leeway < 0)
    throw Fault("truncate: the length must be at least that of the end, the leeway not negative");
  const std::vector<char32_t> points = code_points(require_text(value, "the truncated value"));
  machine.charge(5 * points.size());
  if (static_cast<int64_t>(points.size()) - leeway <= limit) return value;
  std::string text = from_code_points({points.begin(), points.begin() + (limit - end_size)});
  if (!kill) text = split_right(text, " ", 1).front();
  return result(value, text + end);
}

Value format(Machine& machine, const Value& value, const Arguments& arguments) {
  if (!arguments.named.empty()) throw Fault("|format with keyword arguments is not supported");
  if (value.is_markup()) throw Fault("|format of text that is marked safe is not supported");
  return Value::text(format_percent(machine, to_text(machine, value), Value::tuple(arguments.positional)));
}

}  // namespace

const std::vector<NamedFunction>& text_filters() {
  static const std::vector<NamedFunction> kFilters = {
      {"upper", change_case<upper>},
      {"lower", change_case<lower>},
      {"capitalize", change_case<capitalize>},
      {"title", change_case<title_words>},
      {"trim", trim},
      {"replace", replace_filter},
      {"indent", indent},
      {"string", string},
      {"safe", safe},
      {"escape", escape<false>},
      {"e", escape<false>},
      {"forceescape", escape<true>},
      {"wordcount", wordcount},
      {"center", center},
      {"truncate", truncate},
      {"format", format},
  };
  return kFilters;
}

}  // namespace fp8bench::jinja
