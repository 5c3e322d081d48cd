#include "harness/text/jinja/value_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/text/jinja/callable.h"
#include "harness/text/jinja/python_text.h"
#include "harness/text/utf8.h"

namespace fp8bench::jinja {
namespace {

class Writer {
 public:
  explicit Writer(Machine& machine) : machine_(machine) {}
  void add(std::string_view text) {
    machine_.charge(text.size() + 1);
    out_ += text;
  }
  std::string take() { return std::move(out_); }
  Machine& machine() { return machine_; }

 private:
  Machine& machine_;
  std::string out_;
};

void write_repr(Writer& out, const Value& value);

void write_items(Writer& out, const Items& items) {
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out.add(", ");
    write_repr(out, items[i]);
  }
}

void write_repr(Writer& out, const Value& value) {
  if (value.is_undefined()) return out.add("Undefined");
  if (value.is_none()) return out.add("None");
  if (const bool* flag = value.get<bool>()) return out.add(*flag ? "True" : "False");
  if (const int64_t* integer = value.get<int64_t>()) return out.add(fmt::format("{}", *integer));
  if (const double* real = value.get<double>()) return out.add(float_text(*real));
  if (value.is_text()) {
    const std::string text = python_quoted(value.utf8());
    return out.add(value.is_markup() ? fmt::format("Markup({})", text) : text);
  }
  if (const List* list = value.as_list()) {
    out.add("[");
    write_items(out, list->items);
    return out.add("]");
  }
  if (const Tuple* tuple = value.as_tuple()) {
    out.add("(");
    write_items(out, tuple->items);
    return out.add(tuple->items.size() == 1 ? ",)" : ")");
  }
  if (const Dict* dict = value.as_dict()) {
    out.add("{");
    bool first = true;
    for (const auto& [key, item] : dict->entries) {
      if (!first) out.add(", ");
      first = false;
      write_repr(out, key);
      out.add(": ");
      write_repr(out, item);
    }
    return out.add("}");
  }
  if (const Range* range = value.get<Range>())
    return out.add(range->step == 1 ? fmt::format("range({}, {})", range->start, range->stop)
                                    : fmt::format("range({}, {}, {})", range->start, range->stop, range->step));
  if (value.get<View>() != nullptr) {
    out.add(fmt::format("{}([", type_name(value)));
    write_items(out, iterate(value));
    return out.add("])");
  }
  // Python would print the address in memory of most of these.
  throw Fault(fmt::format("a {} cannot be printed; did you forget |list or a call?", type_name(value)));
}

class JsonWriter {
 public:
  JsonWriter(Writer& out, const JsonStyle& style) : out_(out), style_(style) {}

  void write(const Value& value) {
    if (value.is_none()) return out_.add("null");
    if (const bool* flag = value.get<bool>()) return out_.add(*flag ? "true" : "false");
    if (const int64_t* integer = value.get<int64_t>()) return out_.add(fmt::format("{}", *integer));
    if (const double* real = value.get<double>()) return out_.add(number(*real));
    if (value.is_text()) return string(value.utf8());
    if (const Sequence* sequence = value.as_sequence()) return array(sequence->items);
    if (const Dict* dict = value.as_dict()) return object(*dict);
    if (value.is_undefined()) fail_undefined(value);
    throw Fault(fmt::format("Object of type {} is not JSON serializable", type_name(value)));
  }

 private:
  static std::string number(double real) {
    if (std::isnan(real)) return "NaN";
    if (std::isinf(real)) return real < 0 ? "-Infinity" : "Infinity";
    return float_text(real);
  }

  void string(std::string_view text) {
    std::string result = "\"";
    for (size_t at = 0; at < text.size();) {
      const CodePoint point = code_point_at(text, at);
      const auto bytes = static_cast<size_t>(point.bytes);
      append(result, point.value, text.substr(at, bytes));
      at += bytes;
    }
    out_.add(result + "\"");
  }

  void append(std::string& result, char32_t c, std::string_view bytes) const {
    switch (c) {
      case '"':
        result += "\\\"";
        return;
      case '\\':
        result += "\\\\";
        return;
      case '\n':
        result += "\\n";
        return;
      case '\r':
        result += "\\r";
        return;
      case '\t':
        result += "\\t";
        return;
      case '\b':
        result += "\\b";
        return;
      case '\f':
        result += "\\f";
        return;
      default:
        break;
    }
    if (c < 0x20 || (style_.ascii_only && c > 0x7E && c < 0x10000))
      result += fmt::format("\\u{:04x}", static_cast<uint32_t>(c));
    else if (style_.ascii_only && c >= 0x10000)
      result += fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + ((static_cast<uint32_t>(c) - 0x10000) >> 10),
                            0xDC00 + (static_cast<uint32_t>(c) & 0x3FF));
    else
      result += bytes;
  }

  void separate(bool first) {
    if (!first) out_.add(style_.item_separator);
    if (!style_.indent) return;
    out_.add("\n");
    for (int i = 0; i < level_; ++i) out_.add(*style_.indent);
  }

  void array(const Items& items) {
    if (items.empty()) return out_.add("[]");
    out_.add("[");
    ++level_;
    for (size_t i = 0; i < items.size(); ++i) {
      separate(i == 0);
      write(items[i]);
    }
    close("]");
  }

  void object(const Dict& dict) {
    if (dict.entries.empty()) return out_.add("{}");
    std::vector<const std::pair<Value, Value>*> entries;
    for (const auto& entry : dict.entries) entries.push_back(&entry);
    if (style_.sort_keys)
      std::stable_sort(entries.begin(), entries.end(),
                       [](const auto* a, const auto* b) { return less(a->first, b->first); });
    out_.add("{");
    ++level_;
    bool first = true;
    for (const auto* entry : entries) {
      separate(first);
      first = false;
      write_key(entry->first);
      out_.add(style_.key_separator);
      write(entry->second);
    }
    close("}");
  }

  void write_key(const Value& key) {
    if (key.is_text()) return string(key.utf8());
    if (key.is_none()) return out_.add("\"null\"");
    if (const bool* flag = key.get<bool>()) return out_.add(*flag ? "\"true\"" : "\"false\"");
    if (const int64_t* integer = key.get<int64_t>()) return out_.add(fmt::format("\"{}\"", *integer));
    if (const double* real = key.get<double>()) return out_.add(fmt::format("\"{}\"", number(*real)));
    throw Fault(fmt::format("JSON keys must be str, int, float, bool or None, not {}", type_name(key)));
  }

  void close(std::string_view bracket) {
    --level_;
    if (style_.indent) {
      out_.add("\n");
      for (int i = 0; i < level_; ++i) out_.add(*style_.indent);
    }
    out_.add(bracket);
  }

  Writer& out_;
  const JsonStyle& style_;
  int level_ = 0;
};

}  // namespace

std::string to_text(Machine& machine, const Value& value) {
  if (value.is_undefined()) return {};
  if (value.is_text()) {
    machine.charge(value.utf8().size());
    return value.utf8();
  }
  return to_repr(machine, value);
}

std::string to_repr(Machine& machine, const Value& value) {
  Writer out(machine);
  write_repr(out, value);
  return out.take();
}

std::string to_json(Machine& machine, const Value& value, const JsonStyle& style) {
  Writer out(machine);
  JsonWriter(out, style).write(value);
  return out.take();
}

}  // namespace fp8bench::jinja
