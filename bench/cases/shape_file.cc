#include "bench/cases/shape_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>

#include "bench/cases/cases.h"
#include "bench/cases/named_shapes.h"
#include "harness/engine/bundled.h"
#include "harness/io/error.h"
#include "harness/io/text_file.h"

namespace fp8bench {
namespace {

struct Key {
  std::string name;
  std::vector<std::string> values;
};

std::string expected_of(const Axis& axis) {
  if (axis.kind == Axis::Kind::kCount) return fmt::format("a whole number from {} to {}", axis.low, axis.high);
  return fmt::format("{} {}", axis.kind == Axis::Kind::kSet ? "one or several of" : "one of",
                     fmt::join(split_list(axis.choices, '|'), ", "));
}

bool fits(const Axis& axis, const std::string& text) {
  if (axis.kind != Axis::Kind::kCount) {
    const std::vector<std::string> choices = split_list(axis.choices, '|');
    return std::find(choices.begin(), choices.end(), text) != choices.end();
  }
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= axis.low && number <= axis.high;
}

std::vector<std::string> op_names() {
  std::vector<std::string> names;
  for (const Op* op : ops()) names.emplace_back(op->name);
  return names;
}

std::vector<std::string> axis_names(const Op& op) {
  std::vector<std::string> names = {"op"};
  if (has_named_shapes(op.name)) names.emplace_back("shape");
  for (const Axis& axis : op.axes) names.emplace_back(axis.name);
  return names;
}

const Axis* find_axis(const Op& op, std::string_view name) {
  const auto found = std::find_if(op.axes.begin(), op.axes.end(), [&](const Axis& axis) { return axis.name == name; });
  return found == op.axes.end() ? nullptr : &*found;
}

// One line, from its words to its cases.
class Line {
 public:
  Line(std::string_view text, std::string where) : where_(std::move(where)) {
    std::istringstream words{std::string(text.substr(0, text.find('#')))};
    for (std::string word; words >> word;) add_key(word);
  }
  bool empty() const { return keys_.empty(); }

  void expand(std::vector<CaseSpec>& out) const {
    const Key* op_key = find_key("op");
    if (op_key == nullptr) fail("op", fmt::format("expected op=, one of {}; found none", fmt::join(op_names(), ", ")));
    for (const std::string& name : op_key->values) {
      const Op* op = find_op(name);
      if (op == nullptr) fail("op", fmt::format("expected one of {}, found \"{}\"", fmt::join(op_names(), ", "), name));
      check_keys(*op);
      std::vector<std::string> shapes = {""};
      if (const Key* shape = find_key("shape")) shapes = whole_shapes(shape->values);
      for (const std::string& shape : shapes) expand_shape(*op, shape, out);
    }
  }

 private:
  [[noreturn]] void fail(std::string_view key, const std::string& what) const {
    throw InputError(fmt::format("{}: {}: {}", where_, key, what));
  }

  void add_key(const std::string& word) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) fail(word, "expected key=value, found no key or no '='");
    Key key{word.substr(0, equals), split_list(std::string_view(word).substr(equals + 1), ',')};
    if (find_key(key.name) != nullptr) fail(key.name, "expected once, found twice");
    if (std::find(key.values.begin(), key.values.end(), "") != key.values.end())
      fail(key.name, fmt::format("expected values between commas, found \"{}\"", word.substr(equals + 1)));
    keys_.push_back(std::move(key));
  }

  const Key* find_key(std::string_view name) const {
    const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const Key& key) { return key.name == name; });
    return found == keys_.end() ? nullptr : &*found;
  }

  void check_keys(const Op& op) const {
    const std::vector<std::string> known = axis_names(op);
    for (const Key& key : keys_) {
      if (std::find(known.begin(), known.end(), key.name) == known.end())
        fail(key.name, fmt::format("op {} expected one of the keys {}", op.name, fmt::join(known, ", ")));
      const Axis* axis = find_axis(op, key.name);
      if (axis == nullptr) continue;
      for (const std::string& value : key.values)
        if (!fits(*axis, value)) fail(key.name, fmt::format("expected {}, found \"{}\"", expected_of(*axis), value));
    }
  }

  // "a/x,y" means "a/x,a/y".
  static std::vector<std::string> whole_shapes(const std::vector<std::string>& values) {
    std::vector<std::string> shapes;
    std::string model;
    for (const std::string& value : values) {
      const size_t slash = value.find('/');
      if (slash != std::string::npos) model = value.substr(0, slash + 1);
      shapes.push_back(slash == std::string::npos ? model + value : value);
    }
    return shapes;
  }

  void expand_shape(const Op& op, const std::string& shape, std::vector<CaseSpec>& out) const {
    std::vector<std::pair<std::string, int64_t>> given;
    try {
      if (!shape.empty()) given = named_shape(op.name, shape);
    } catch (const InputError& error) {
      fail("shape", error.what());
    }
    CaseSpec base{.op = std::string(op.name), .shape = shape, .values = {}, .where = where_};
    for (const Axis& axis : op.axes) {
      const auto of_shape =
          std::find_if(given.begin(), given.end(), [&](const auto& g) { return g.first == axis.name; });
      const bool by_shape = of_shape != given.end();
      if (by_shape && find_key(axis.name) != nullptr)
        fail(axis.name, fmt::format("shape={} says it already: {}", shape, of_shape->second));
      if (!by_shape && axis.standard.empty() && find_key(axis.name) == nullptr)
        fail(axis.name, fmt::format("op {} expected {}{}, found none", op.name, expected_of(axis),
                                    has_named_shapes(op.name) ? " (or shape=MODEL/PART)" : ""));
      base.values.push_back(
          {std::string(axis.name), by_shape ? std::to_string(of_shape->second) : std::string(axis.standard), true});
    }
    std::vector<CaseSpec> cases = {base};
    for (const Key& key : keys_) {
      const Axis* axis = find_axis(op, key.name);
      if (axis == nullptr) continue;
      const std::vector<std::string> together = {fmt::format("{}", fmt::join(key.values, ","))};
      std::vector<CaseSpec> next;
      for (const CaseSpec& one : cases)
        for (const std::string& value : axis->kind == Axis::Kind::kSet ? together : key.values) {
          next.push_back(one);
          for (CaseSpec::Value& v : next.back().values)
            if (v.axis == key.name) v = {key.name, value, value == axis->standard};
        }
      cases = std::move(next);
    }
    out.insert(out.end(), cases.begin(), cases.end());
  }

  std::string where_;
  std::vector<Key> keys_;
};

}  // namespace

std::vector<CaseSpec> parse_shapes(std::string_view text, const std::string& where) {
  std::vector<CaseSpec> cases;
  std::istringstream lines{std::string(text)};
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    const Line parsed(line, fmt::format("{}:{}", where, ++number));
    if (!parsed.empty()) parsed.expand(cases);
  }
  if (cases.empty()) throw InputError(fmt::format("{}: expected a line \"op=...\", found no case", where));
  return cases;
}

void override_axis(std::vector<CaseSpec>& cases, const std::string& name, const std::string& value,
                   const std::string& where) {
  bool taken = false;
  for (CaseSpec& one : cases) {
    const Axis* axis = find_axis(*find_op(one.op), name);
    if (axis == nullptr) continue;
    taken = true;
    if (!fits(*axis, value))
      throw InputError(fmt::format("{}: expected {}, found \"{}\"", where, expected_of(*axis), value));
    for (CaseSpec::Value& v : one.values)
      if (v.axis == name) v = {name, value, value == axis->standard};
  }
  if (!taken) throw InputError(fmt::format("{}: no case here has the axis {}", where, name));
}

std::filesystem::path shapes_folder() { return bundled_path().parent_path().parent_path() / "bench" / "shapes"; }

std::vector<std::string> bundled_shapes() {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(shapes_folder(), ignored))
    if (entry.path().extension() == ".txt") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<CaseSpec> load_shapes(const std::string& argument) {
  const std::filesystem::path bundled = shapes_folder() / (argument + ".txt");
  if (argument.find('/') == std::string::npos && std::filesystem::exists(bundled))
    return parse_shapes(read_text_file(bundled), "bench/shapes/" + argument + ".txt");
  if (std::filesystem::exists(argument)) return parse_shapes(read_text_file(argument), argument);
  if (argument.find('=') == std::string::npos)
    throw InputError(fmt::format(
        "--shape {}: expected a case (\"op=... tokens=...\"), a file, or one of the bundled files {}; found neither",
        argument, fmt::join(bundled_shapes(), ", ")));
  std::string lines = argument;
  std::replace(lines.begin(), lines.end(), ';', '\n');
  return parse_shapes(lines, "--shape");
}

}  // namespace fp8bench
