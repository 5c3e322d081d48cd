#include "datasets/nano_items.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <unordered_set>

namespace fp8bench {
namespace {

using Json = nlohmann::json;

// One line of a file and where it stands: every message starts with that.
struct Line {
  const std::string& file;
  int64_t number;
  Json object;

  [[noreturn]] void refuse(const std::string& what) const {
    throw DatasetError(fmt::format("{}:{}: {}", file, number, what));
  }
  const Json& at(const char* key, const char* wanted) const {
    const auto found = object.find(key);
    if (found == object.end()) refuse(fmt::format("expected the key \"{}\" ({}), found none", key, wanted));
    return *found;
  }
};

std::string excerpt(const Json& value) {
  const std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  return text.size() <= 60 ? text : text.substr(0, 57) + "...";
}

Line parse_line(std::string_view text, const std::string& file, int64_t number) {
  Line line{file, number, Json()};
  try {
    line.object = Json::parse(text);
  } catch (const Json::exception& error) {
    line.refuse(fmt::format("expected one JSON object, found: {}", error.what()));
  }
  if (!line.object.is_object()) line.refuse(fmt::format("expected one JSON object, found {}", excerpt(line.object)));
  return line;
}

void for_each_line(std::string_view text, const std::string& file, const std::function<void(const Line&)>& body) {
  int64_t number = 0, read = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view one = text.substr(at, end - at);
    if (!one.empty() && one.back() == '\r') one.remove_suffix(1);
    at = end + 1;
    ++number;
    if (one.empty()) continue;
    body(parse_line(one, file, number));
    ++read;
  }
  if (read == 0) throw DatasetError(fmt::format("{}: expected at least one line, found none", file));
}

void allow_keys(const Line& line, std::initializer_list<std::string_view> keys) {
  for (const auto& entry : line.object.items()) {
    bool known = entry.key() == "text";
    for (const std::string_view key : keys) known = known || entry.key() == key;
    if (!known)
      line.refuse(fmt::format("expected one of the keys {}, found \"{}\"", fmt::join(keys, ", "), entry.key()));
  }
}

// A name: a string, or a number as some writers have it.
std::string name_of(const Line& line, const char* key) {
  const Json& value = line.at(key, "a string or an integer");
  if (value.is_string() && !value.get_ref<const std::string&>().empty()) return value.get<std::string>();
  if (value.is_number_integer()) return value.dump();
  line.refuse(fmt::format("\"{}\": expected a string or an integer, found {}", key, excerpt(value)));
}

std::vector<int32_t> ids_of(const Line& line, const std::string& what, const Json& value, int64_t vocab) {
  if (!value.is_array() || value.empty()) {
    line.refuse(fmt::format("\"{}\": expected a list of token ids, not empty, found {}", what, excerpt(value)));
  }
  std::vector<int32_t> ids;
  for (const Json& id : value) {
    // Unsigned numbers above the int64 range read as negative or huge: both fail the range.
    if (!id.is_number_integer() || id.get<int64_t>() < 0 || id.get<int64_t>() >= vocab) {
      line.refuse(
          fmt::format("\"{}\"[{}]: expected a token id below {}, found {}", what, ids.size(), vocab, excerpt(id)));
    }
    ids.push_back(id.get<int32_t>());
  }
  return ids;
}

void read_choices(const Line& line, int64_t vocab, TaskItem& item) {
  const Json& choices = line.at("choices", "a list of lists of token ids");
  if (!choices.is_array() || choices.size() < 2) {
    line.refuse(fmt::format("\"choices\": expected at least two lists of token ids, found {}", excerpt(choices)));
  }
  for (size_t i = 0; i < choices.size(); ++i) {
    item.choices.push_back(ids_of(line, fmt::format("choices[{}]", i), choices[i], vocab));
  }
  const Json& gold = line.at("gold", "the index of the right choice");
  if (!gold.is_number_integer() || gold.get<int64_t>() < 0 ||
      gold.get<int64_t>() >= static_cast<int64_t>(choices.size())) {
    line.refuse(
        fmt::format("\"gold\": expected the index of one of {} choices, found {}", choices.size(), excerpt(gold)));
  }
  item.gold = gold.get<int32_t>();
}

TaskItem item_of(const Line& line, int64_t vocab) {
  TaskItem item;
  const Json& kind = line.at("kind", "\"exact\" or \"choice\"");
  item.id = name_of(line, "id");
  item.task = name_of(line, "task");
  if (kind == "exact") {
    allow_keys(line, {"id", "task", "kind", "context", "target"});
    item.kind = ItemKind::kExact;
    item.target = ids_of(line, "target", line.at("target", "a list of token ids"), vocab);
  } else if (kind == "choice") {
    allow_keys(line, {"id", "task", "kind", "context", "choices", "gold"});
    item.kind = ItemKind::kChoice;
    read_choices(line, vocab, item);
  } else {
    line.refuse(fmt::format("\"kind\": expected \"exact\" or \"choice\", found {}", excerpt(kind)));
  }
  item.context = ids_of(line, "context", line.at("context", "a list of token ids"), vocab);
  return item;
}

}  // namespace

std::vector<TaskItem> parse_items(std::string_view text, const std::string& file, int64_t vocab) {
  std::vector<TaskItem> items;
  std::unordered_set<std::string> seen;
  for_each_line(text, file, [&](const Line& line) {
    items.push_back(item_of(line, vocab));
    if (!seen.insert(items.back().id).second) {
      line.refuse(fmt::format("\"id\": expected an id of its own, found {} a second time", items.back().id));
    }
  });
  return items;
}

std::vector<TextDocument> parse_text(std::string_view text, const std::string& file, int64_t vocab) {
  std::vector<TextDocument> documents;
  std::unordered_set<std::string> seen;
  for_each_line(text, file, [&](const Line& line) {
    allow_keys(line, {"doc", "ids"});
    documents.push_back({name_of(line, "doc"), ids_of(line, "ids", line.at("ids", "a list of token ids"), vocab)});
    if (!seen.insert(documents.back().name).second) {
      line.refuse(fmt::format("\"doc\": expected a name of its own, found {} a second time", documents.back().name));
    }
  });
  return documents;
}

}  // namespace fp8bench
