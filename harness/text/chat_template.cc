#include "harness/text/chat_template.h"

#include <fmt/format.h>

#include "harness/io/error.h"
#include "harness/io/sha256.h"
#include "harness/io/strict_json.h"
#include "harness/io/text_file.h"

namespace fp8bench {
namespace {

using Json = nlohmann::json;

// The entries "..._token" that are text, or an added token with its text inside.
std::map<std::string, std::string> special_tokens(const Json& config) {
  std::map<std::string, std::string> tokens;
  for (const auto& [key, value] : config.items()) {
    if (!key.ends_with("_token")) continue;
    if (value.is_string())
      tokens[key] = value.get<std::string>();
    else if (value.is_object() && value.contains("content") && value["content"].is_string())
      tokens[key] = value["content"].get<std::string>();
  }
  return tokens;
}

// The templates of a tokenizer_config.json by name; one that is just text is called "default".
std::map<std::string, std::string> named_templates(const Json& config, const std::string& where) {
  std::map<std::string, std::string> templates;
  if (!config.contains("chat_template") || config["chat_template"].is_null()) return templates;
  const Json& entry = config["chat_template"];
  if (entry.is_string()) return {{"default", entry.get<std::string>()}};
  const auto wrong = [&] {
    throw InputError(fmt::format(
        "{}: chat_template: expected a string or a list of {{\"name\", \"template\"}}, found {}", where, shown(entry)));
  };
  if (!entry.is_array()) wrong();
  for (const Json& one : entry) {
    if (!one.is_object() || !one.contains("name") || !one["name"].is_string() || !one.contains("template") ||
        !one["template"].is_string())
      wrong();
    templates[one["name"].get<std::string>()] = one["template"].get<std::string>();
  }
  return templates;
}

std::string pick(const std::map<std::string, std::string>& templates, const std::string& name, bool with_tools,
                 const std::string& where) {
  const std::string wanted = !name.empty()                                   ? name
                             : with_tools && templates.count("tool_use") > 0 ? "tool_use"
                                                                             : "default";
  if (templates.count(wanted) > 0) return wanted;
  std::string names;
  for (const auto& entry : templates) names += (names.empty() ? "" : ", ") + entry.first;
  throw InputError(fmt::format("{}: chat_template: none is called \"{}\"; there are: {}", where, wanted, names));
}

}  // namespace

ChatTemplate::ChatTemplate(std::string source, const std::string& origin)
    : source_(std::move(source)), origin_(origin), sha256_(sha256_hex(source_)), template_(source_, origin) {}

ChatTemplate ChatTemplate::load(const std::filesystem::path& checkpoint,
                                const std::optional<std::filesystem::path>& file, const std::string& name,
                                bool with_tools) {
  const std::filesystem::path config_path = checkpoint / "tokenizer_config.json",
                              own = checkpoint / "chat_template.jinja";
  Json config = Json::object();
  if (std::filesystem::exists(config_path)) {
    config = parse_strict_json(read_text_file(config_path), config_path.string());
    if (!config.is_object())
      throw InputError(fmt::format("{}: expected a JSON object, found {}", config_path.string(), shown(config)));
  }
  const auto make = [&](const std::string& source, const std::string& origin) {
    ChatTemplate result(source, origin);
    result.special_tokens_ = special_tokens(config);
    return result;
  };
  if (file) return make(read_text_file(*file), file->string());
  if (std::filesystem::exists(own)) return make(read_text_file(own), own.string());
  const auto templates = named_templates(config, config_path.string());
  if (templates.empty())
    throw InputError(
        fmt::format("{}: no chat template: neither chat_template.jinja nor the entry chat_template of "
                    "tokenizer_config.json; name a file with --chat-template",
                    checkpoint.string()));
  const std::string picked = pick(templates, name, with_tools, config_path.string());
  return make(templates.at(picked), fmt::format("{}#{}", config_path.string(), picked));
}

std::string ChatTemplate::render(const ChatRequest& request) const {
  if (!request.messages.is_array()) throw InputError(fmt::format("{}: the messages are not a JSON list", origin_));
  if (!request.tools.is_null() && !request.tools.is_array())
    throw InputError(fmt::format("{}: the tools are not a JSON list", origin_));
  if (!request.variables.is_object()) throw InputError(fmt::format("{}: the variables are not a JSON object", origin_));
  nlohmann::ordered_json variables = nlohmann::ordered_json::object();
  for (const auto& [token, text] : special_tokens_) variables[token] = text;
  variables["messages"] = request.messages;
  variables["tools"] = request.tools;
  variables["documents"] = nullptr;
  variables["add_generation_prompt"] = request.add_generation_prompt;
  if (request.enable_thinking) variables["enable_thinking"] = *request.enable_thinking;
  for (const auto& [key, value] : request.variables.items()) variables[key] = value;
  return template_.render(variables, request.now);
}

}  // namespace fp8bench
