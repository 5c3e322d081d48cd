#include "harness/io/strict_json.h"

#include <fmt/core.h>

#include <unordered_set>
#include <vector>

#include "harness/io/error.h"

namespace fp8bench {
namespace {

constexpr int kMaxDepth = 64;  // a config nests about 5 levels, a tokenizer 6

}  // namespace

void refuse_nul_and_bom(std::string_view text, const std::string& where, int64_t first_byte_offset) {
  if (text.starts_with("\xEF\xBB\xBF"))
    throw InputError(fmt::format("{}: byte {}: expected JSON, found a byte order mark", where, first_byte_offset));
  const size_t nul = text.find('\0');
  if (nul != std::string_view::npos)
    throw InputError(fmt::format("{}: byte {}: expected JSON text, found a NUL byte", where,
                                 first_byte_offset + static_cast<int64_t>(nul)));
}

std::string json_error_text(const std::exception& error) {
  const std::string text = error.what();
  const size_t end = text.find("] ");
  return end == std::string::npos ? text : text.substr(end + 2);
}

std::string shown(const nlohmann::json& value) {
  constexpr size_t kLongest = 60;
  std::string text = value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
  return text;
}

nlohmann::json parse_strict_json(std::string_view text, const std::string& where) {
  refuse_nul_and_bom(text, where, 0);
  std::vector<std::unordered_set<std::string>> keys;  // of the objects that are open
  const auto check = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
    using Event = nlohmann::json::parse_event_t;
    if (depth > kMaxDepth)
      throw InputError(fmt::format("{}: expected at most {} nested levels of JSON, found more", where, kMaxDepth));
    if (event == Event::object_start) keys.emplace_back();
    if (event == Event::object_end) keys.pop_back();
    if (event == Event::key && !keys.back().insert(parsed.get<std::string>()).second)
      throw InputError(fmt::format("{}: expected every key once, found {} twice", where, shown(parsed)));
    return true;
  };
  try {
    return nlohmann::json::parse(text.begin(), text.end(), check);
  } catch (const nlohmann::json::parse_error& error) {
    throw InputError(fmt::format("{}: byte {}: expected JSON, found a {}", where, error.byte == 0 ? 0 : error.byte - 1,
                                 json_error_text(error)));
  } catch (const nlohmann::json::exception& error) {
    throw InputError(fmt::format("{}: expected JSON, found: {}", where, json_error_text(error)));
  }
}

}  // namespace fp8bench
