#include "bench/commands/gen_kwargs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "harness/io/error.h"

namespace fp8bench {
namespace {

using Json = nlohmann::ordered_json;

// The first that is there counts.
constexpr const char* kMaxTokens[] = {"max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens"};

// At commas outside of brackets and quotes.
std::vector<std::string> split_settings(const std::string& text) {
  std::vector<std::string> parts(1);
  int depth = 0;
  char quote = 0;
  for (const char c : text) {
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '[' || c == '(' || c == '{') {
      ++depth;
    } else if (c == ']' || c == ')' || c == '}') {
      depth = std::max(depth - 1, 0);
    } else if (c == ',' && depth == 0) {
      parts.emplace_back();
      continue;
    }
    parts.back() += c;
  }
  std::erase_if(parts, [](const std::string& part) { return part.empty(); });
  return parts;
}

Json parse_value(const std::string& text) {
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  if (lower == "true" || lower == "false") return lower == "true";
  if (!text.empty() && text.find_first_not_of("0123456789") == std::string::npos && text.size() < 19)
    return std::atoll(text.c_str());
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (!text.empty() && end == text.c_str() + text.size()) return number;
  if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'') return text.substr(1, text.size() - 2);
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_discarded()) return json;
  if (text.starts_with('[')) throw InputError(fmt::format("--gen-kwargs: expected a JSON list, found {}", text));
  return text;
}

void check(const std::string& name, const Json& value) {
  const auto refuse = [&](const char* expected) {
    throw InputError(fmt::format("--gen-kwargs {}: expected {}, found {}", name, expected, value.dump()));
  };
  if (std::find(std::begin(kMaxTokens), std::end(kMaxTokens), name) != std::end(kMaxTokens)) {
    if (!value.is_number() || value.get<double>() < 1 || value.get<double>() > 1e9) refuse("a number of tokens");
  } else if (name == "until") {
    const bool texts =
        value.is_array() && std::all_of(value.begin(), value.end(), [](auto& v) { return v.is_string(); });
    if (!value.is_string() && !texts) refuse("a text or a list of texts");
  } else if (name == "do_sample") {
    if (value != false) refuse("false: answers are greedy");
  } else if (name == "temperature") {
    if (!value.is_number()) refuse("a number");
  } else {
    throw InputError(fmt::format("--gen-kwargs {}: unknown setting; there are until, do_sample, temperature, {}", name,
                                 fmt::join(kMaxTokens, ", ")));
  }
}

}  // namespace

Json parse_gen_kwargs(const std::vector<std::string>& given) {
  Json all = Json::object();
  for (const std::string& text : given) {
    if (text.starts_with('{')) {
      const Json object = Json::parse(text, nullptr, false);
      if (!object.is_object()) throw InputError(fmt::format("--gen-kwargs: expected a JSON object, found {}", text));
      all.update(object);
      continue;
    }
    for (const std::string& part : split_settings(text)) {
      const size_t equals = part.find('=');
      if (equals == std::string::npos)
        throw InputError(fmt::format("--gen-kwargs: expected key=value, found {}", part));
      all[part.substr(0, equals)] = parse_value(part.substr(equals + 1));
    }
  }
  for (const auto& [name, value] : all.items()) check(name, value);
  return all;
}

void apply_gen_kwargs(const Json& settings, Request& request) {
  if (request.kind != RequestKind::kGenerateUntil || settings.empty()) return;
  request.settings.update(settings);
  const auto longest = std::find_if(std::begin(kMaxTokens), std::end(kMaxTokens),
                                    [&](const char* name) { return request.settings.contains(name); });
  if (longest != std::end(kMaxTokens))
    request.max_tokens = static_cast<int64_t>(request.settings.at(*longest).get<double>());
  if (!settings.contains("until")) return;
  const Json& until = settings.at("until");
  request.until =
      until.is_string() ? std::vector<std::string>{until.get<std::string>()} : until.get<std::vector<std::string>>();
}

}  // namespace fp8bench
