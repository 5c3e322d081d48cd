#include "harness/text/chat_template.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "harness/io/error.h"
#include "harness/io/sha256.h"
#include "tests/house/source_tree.h"
#include "tests/test_data.h"

using namespace fp8bench;
using Json = nlohmann::ordered_json;

namespace {

std::vector<Json> read_jsonl(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<Json> rows;
  for (std::string line; std::getline(file, line);) rows.push_back(Json::parse(line));
  return rows;
}

std::string error_of(const std::filesystem::path& folder, const std::optional<std::filesystem::path>& file = {},
                     const std::string& name = "") {
  try {
    ChatTemplate::load(folder, file, name);
    return "";
  } catch (const InputError& error) {
    return error.what();
  }
}

std::string one_message(const ChatTemplate& chat) {
  ChatRequest request;
  request.messages = Json::parse(R"([{"role": "user", "content": "hi"}])");
  return chat.render(request);
}

// The cases come from tables of another program: its ordered maps are {"m": {...}}, its types are lists of one.
Json plain_schema(const Json& value) {
  if (value.is_array()) {
    Json list = Json::array();
    for (const Json& part : value) list.push_back(plain_schema(part));
    return list;
  }
  if (!value.is_object()) return value;
  Json object = Json::object();
  for (const auto& [key, part] : value.items()) {
    if (key == "properties" && part.is_object() && part.size() == 1 && part.contains("m"))
      object[key] = plain_schema(part["m"]);
    else if (key == "type" && part.is_array() && part.size() == 1)
      object[key] = part.front();
    else
      object[key] = plain_schema(part);
  }
  return object;
}

Json plain_messages(Json messages) {
  for (Json& message : messages) {
    if (message.contains("thinking")) message["reasoning"] = message["thinking"];
    if (message.contains("tool_name")) message["name"] = message["tool_name"];
    message.erase("thinking");
    message.erase("tool_name");
    if (!message.contains("content")) message["content"] = "";
  }
  return messages;
}

// The reference gives its calls no ids; the template would then take every result for one of the last call.
void number_calls(Json& messages) {
  int calls = 0, results = 0;
  for (Json& message : messages) {
    if (message.contains("tool_calls"))
      for (Json& call : message["tool_calls"]) call["id"] = "call_" + std::to_string(calls++);
    if (message["role"] == "tool") message["tool_call_id"] = "call_" + std::to_string(results++);
  }
}

}  // namespace

TEST_CASE("Gemma 4 prompts equal those of Jinja2 byte for byte") {
  FP8BENCH_REQUIRE_DATA(goldens, "fixtures/gemma4_chat_template_goldens.jsonl");
  FP8BENCH_REQUIRE_DATA(folder, "tokenizer/gemma4/templates");
  const ChatTemplate large = ChatTemplate::load(folder, folder / "gemma4_31b_chat_template.jinja2");
  const ChatTemplate small = ChatTemplate::load(folder, folder / "gemma4_e2b_chat_template.jinja2");
  int compared = 0;
  for (const Json& row : read_jsonl(goldens)) {
    const ChatTemplate* chat = row["template_sha256"] == large.sha256()   ? &large
                               : row["template_sha256"] == small.sha256() ? &small
                                                                          : nullptr;
    if (chat == nullptr) continue;  // of templates that are not in the folder
    INFO(row["template"] << " " << row["case"]);
    ChatRequest request;
    request.messages = row["messages"];
    request.add_generation_prompt = false;
    request.variables = row["kwargs"];
    request.variables["bos_token"] = row["bos_token"];
    CHECK(chat->render(request) == row["expected"].get<std::string>());
    ++compared;
  }
  CHECK(compared == 68);
}

TEST_CASE("Gemma 4 prompts equal those of ollama's renderer") {
  FP8BENCH_REQUIRE_DATA(cases, "fixtures/ollama/gemma4_renderer_cases.jsonl");
  FP8BENCH_REQUIRE_DATA(folder, "tokenizer/gemma4/templates");
  const ChatTemplate large = ChatTemplate::load(folder, folder / "gemma4_31b_chat_template.jinja2");
  const ChatTemplate small = ChatTemplate::load(folder, folder / "gemma4_e2b_chat_template.jinja2");
  int compared = 0, fragments = 0;
  for (const Json& row : read_jsonl(cases)) {
    INFO(row["_test"] << " " << row["name"]);
    ChatRequest request;
    if (row.contains("messages")) request.messages = plain_messages(row["messages"]);
    if (row.value("skip_jinja2", false)) number_calls(request.messages);
    if (row.contains("tools")) request.tools = plain_schema(row["tools"]);
    if (row.contains("think")) request.enable_thinking = row["think"]["value"].get<bool>();
    request.variables["bos_token"] = "<bos>";
    if (row.contains("want_jinja_frag")) {
      CHECK(small.render(request).find(row["want_jinja_frag"].get<std::string>()) != std::string::npos);
      ++fragments;
    } else if (row.contains("expected") && row.contains("messages")) {
      CHECK(small.render(request) == row["expected"].get<std::string>());
      ++compared;
    } else if (row.contains("renderer_name")) {
      const ChatTemplate& chat = row["renderer_name"] == "gemma4-large" ? large : small;
      request.messages = Json::parse(R"([{"role": "user", "content": "Hello"}])");
      CHECK(chat.render(request) == row["expected"].get<std::string>());
      ++compared;
    }
  }
  CHECK(compared == 68);
  CHECK(fragments == 3);
}

TEST_CASE("the template of a checkpoint is found where transformers finds it") {
  const test::TemporaryFolder folder;
  CHECK(error_of(folder.path()).find("no chat template") != std::string::npos);

  folder.write(
      "tokenizer_config.json",
      R"({"bos_token": "<s>", "eos_token": {"content": "</s>"}, "chat_template": "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}"})");
  CHECK(one_message(ChatTemplate::load(folder.path())) == "<s>hi</s>");

  folder.write("chat_template.jinja", "{{ bos_token }}file{{ pad_token }}");
  const ChatTemplate from_file = ChatTemplate::load(folder.path());
  CHECK(one_message(from_file) == "<s>file");
  CHECK(from_file.sha256() == sha256_hex(std::string_view("{{ bos_token }}file{{ pad_token }}")));
  CHECK(from_file.origin() == (folder.path() / "chat_template.jinja").string());

  folder.write("other.jinja", "other {{ tools is none }} {{ documents is none }} {{ add_generation_prompt }}");
  CHECK(one_message(ChatTemplate::load(folder.path(), folder.path() / "other.jinja")) == "other True True True");
  CHECK(error_of(folder.path(), folder.path() / "absent.jinja").find("absent.jinja") != std::string::npos);
}

TEST_CASE("of several named templates one is chosen") {
  const test::TemporaryFolder folder;
  folder.write("tokenizer_config.json",
               R"({"chat_template": [{"name": "default", "template": "D"}, {"name": "tool_use", "template": "T"}]})");
  CHECK(one_message(ChatTemplate::load(folder.path())) == "D");
  CHECK(one_message(ChatTemplate::load(folder.path(), {}, "", true)) == "T");
  CHECK(one_message(ChatTemplate::load(folder.path(), {}, "tool_use")) == "T");
  CHECK(error_of(folder.path(), {}, "rag").find("none is called \"rag\"; there are: default, tool_use") !=
        std::string::npos);
  folder.write("tokenizer_config.json", R"({"chat_template": 5})");
  CHECK(error_of(folder.path()).find("chat_template: expected a string or a list") != std::string::npos);
  folder.write("tokenizer_config.json", R"({"chat_template": [{"name": "default"}]})");
  CHECK(error_of(folder.path()).find("chat_template: expected a string or a list") != std::string::npos);
  folder.write("tokenizer_config.json", R"({"chat_template": "{% nosuch %}"})");
  CHECK(error_of(folder.path()).find("tokenizer_config.json#default:1: unknown tag") != std::string::npos);
}

TEST_CASE("wrong requests are refused") {
  const ChatTemplate chat("{{ messages | length }}{{ tools | length }}", "t");
  ChatRequest request;
  request.tools = Json::array();
  CHECK(chat.render(request) == "00");
  request.tools = Json::object();
  CHECK_THROWS_AS(chat.render(request), InputError);
  request.tools = nullptr;
  CHECK_THROWS_AS(chat.render(request), InputError);  // the length of None
  request.messages = "hello";
  CHECK_THROWS_AS(chat.render(request), InputError);
}
