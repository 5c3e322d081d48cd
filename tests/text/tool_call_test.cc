#include "harness/text/tool_call.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "harness/text/utf8.h"
#include "tests/test_data.h"

using namespace fp8bench;
using Json = nlohmann::ordered_json;

namespace {

struct Streamed {
  std::string content;
  std::vector<std::string> names, arguments;
};

Streamed streamed(const std::vector<std::string>& chunks) {
  ToolCallStream stream;
  Streamed result;
  const auto add = [&](const std::vector<ToolCallStream::Event>& events) {
    for (const auto& event : events) {
      CHECK(is_valid_utf8(event.text));
      CHECK_FALSE(event.text.empty());
      if (event.kind == ToolCallStream::Event::Kind::kContent) {
        result.content += event.text;
      } else if (event.kind == ToolCallStream::Event::Kind::kName) {
        CHECK(event.index == static_cast<int>(result.names.size()));
        result.names.push_back(event.text);
        result.arguments.emplace_back();
      } else {
        REQUIRE(event.index == static_cast<int>(result.names.size()) - 1);
        result.arguments.back() += event.text;
      }
    }
  };
  for (const std::string& chunk : chunks) add(stream.feed(chunk));
  add(stream.finish());
  for (size_t i = 0; i < stream.calls().size(); ++i) {
    CHECK(stream.calls()[i].name == result.names[i]);
    CHECK(spaced_json(stream.calls()[i].arguments) == result.arguments[i]);
  }
  return result;
}

std::vector<std::string> cut(const std::string& text, size_t size) {
  std::vector<std::string> chunks;
  for (size_t at = 0; at < text.size(); at += size) chunks.push_back(text.substr(at, size));
  return chunks;
}

// What a check of the fixture (Python source) claims about the calls of one answer, and whether it holds; nothing if it
// is of another form.
std::optional<bool> claim_holds(const std::string& claim, const std::optional<std::string>& content,
                                const std::vector<std::string>& names, const std::vector<Json>& arguments,
                                const std::string& output) {
  const auto after = [&](const std::string& head) -> std::optional<std::string> {
    if (claim.rfind(head, 0) != 0) return std::nullopt;
    return claim.substr(head.size());
  };
  const auto unquoted = [](const std::string& text) { return text.substr(1, text.size() - 2); };
  const auto python = [&](std::string text) {  // the literals of the fixture need no more than this
    if (text.front() == '\'') {
      text = unquoted(text);
      for (size_t at = 0; (at = text.find("\\n", at)) != std::string::npos;) text.replace(at, 2, "\n");
      return Json(text);
    }
    for (const auto& [from, to] :
         {std::pair("True", "true"), std::pair("False", "false"), std::pair("None", "null"), std::pair("'", "\"")})
      for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += std::string(to).size())
        text.replace(at, std::string(from).size(), to);
    return Json::parse(text);
  };
  if (auto text = after("result.tools_called is ")) return names.empty() == (*text == "False");
  if (auto text = after("result.tool_calls == []")) return names.empty();
  if (auto text = after("result.content == model_output")) return content == output;
  if (auto text = after("result.content == ")) return content == unquoted(*text);
  if (auto text = after("len(result.tool_calls) == ")) return names.size() == std::stoul(*text);
  if (auto text = after("result.tool_calls[0].function.name == ")) return names.at(0) == unquoted(*text);
  if (auto text = after("result.tool_calls[1].function.name == ")) return names.at(1) == unquoted(*text);
  if (auto text = after("args == ")) return arguments.at(0) == python(*text);
  if (auto text = after("name == ")) return names.at(0) == unquoted(*text);
  if (claim == "args_text") return !arguments.at(0).empty();
  if (auto text = after("parsed_args == ")) return arguments.at(0) == python(*text);
  if (auto text = after("parsed == ")) return arguments.at(0) == python(*text);
  if (claim == "args_text.count('}') <= 1") return arguments.at(0).size() == 1;
  if (auto text = after("parsed_args['count'] == ")) return arguments.at(0)["count"] == std::stoi(*text);
  if (auto text = after("parsed_args['content'] == ")) return arguments.at(0)["content"] == python(*text);
  if (auto text = after("parsed_args['path'] == ")) return arguments.at(0)["path"] == unquoted(*text);
  if (claim == "args_text.count('replace_all') == 1") return arguments.at(0).count("replace_all") == 1;
  if (claim == "''.join(content_parts) == '<div>'") return content == "<div>";
  if (claim == "''.join(content_parts).strip().startswith('Let me check')")
    return content->rfind("Let me check", 0) == 0;
  // About the text that was streamed, which is compared with the JSON of the result elsewhere; about the fixture's
  // helpers.
  for (const char* head :
       {"not name.startswith('call:')", "args_text.lstrip().startswith('{')", "'\"location\"' in args_text",
        "'<|' not in args_text", "captured_current_texts", "not captured_current_texts"})
    if (after(head)) return true;
  return std::nullopt;
}

}  // namespace

TEST_CASE("tool calls are read as vLLM reads them") {
  FP8BENCH_REQUIRE_DATA(cases, "fixtures/vllm/gemma4_tool_cases.jsonl");
  std::ifstream file(cases);
  int values = 0, answers = 0, streams = 0, claims = 0;
  for (std::string line; std::getline(file, line);) {
    const Json row = Json::parse(line);
    INFO(row["id"]);
    for (const Json& call : row.contains("calls") ? row["calls"] : Json::array()) {
      const auto input = call["input"].get<std::string>();
      const bool partial = call["partial"].get<bool>(), array = call["fn"] == "parse_gemma4_array";
      const Json value = array ? parse_tool_array(input, partial) : parse_tool_arguments(input, partial);
      if (call.contains("expected"))
        CHECK(value == call["expected"]);
      else
        CHECK(value.is_object());
      ++values;
    }
    if (row.contains("model_output")) {
      const auto output = row["model_output"].get<std::string>();
      const ToolCalls parsed = parse_tool_calls(output);
      std::vector<std::string> names;
      std::vector<Json> arguments;
      for (const ToolCall& call : parsed.calls) names.push_back(call.name), arguments.push_back(call.arguments);
      for (const Json& claim : row["asserts"]) {
        INFO(claim);
        CHECK(claim_holds(claim.get<std::string>(), parsed.content, names, arguments, output) == true);
        ++claims;
      }
      ++answers;
    }
    if (row.contains("chunks")) {
      const auto text = row["full_text"].get<std::string>();
      std::vector<std::vector<std::string>> cuts = {row["chunks"].get<std::vector<std::string>>()};
      for (const size_t size : {1, 2, 3, 5, 8, 13}) cuts.push_back(cut(text, size));
      for (const auto& chunks : cuts) {
        const Streamed got = streamed(chunks);
        std::vector<Json> arguments;
        for (const std::string& one : got.arguments) arguments.push_back(Json::parse(one));
        for (const Json& claim : row["asserts"]) {
          INFO(claim);
          CHECK(claim_holds(claim.get<std::string>(), got.content, got.names, arguments, text) == true);
          ++claims;
        }
      }
      ++streams;
    }
  }
  CHECK(values == 29);
  CHECK(answers == 11);
  CHECK(streams == 13);
  CHECK(claims > 200);
}

TEST_CASE("booleans and numbers that are cut in the middle are sent whole") {
  for (const auto& [chunks, expected] :
       {std::pair<std::vector<std::string>, std::string>{{"<|tool_call>call:f{input:{all:tr", "ue}}<tool_call|>"},
                                                         R"({"input": {"all": true}})"},
        {{"<|tool_call>call:f{flag:fal", "se}<tool_call|>"}, R"({"flag": false})"},
        {{"<|tool_call>call:f{x:108", ".", "5,y:[1", "2,3.]}<tool_call|>"}, R"({"x": 108.5, "y": [12, 3.0]})"}})
    CHECK(streamed(chunks).arguments.at(0) == expected);
}

TEST_CASE("a stream of calls cut anywhere gives what the whole answer gives") {
  for (const std::string output :
       {"Text é <|tool_call>call:f-1.b{a:<|\"|>x{}[],\"q\\\" 世<|\"|>,b:[1,{c:null},[true]],<|\"|>d "
        "e<|\"|>:-1.5e3}<tool_call|><|tool_call>call:g{}<tool_call|>",
        "<|tool_call>call:f{s:<|\"|>}<tool_call|><|\"|>}<tool_call|>", "no call <|tool_cal",
        "<|tool_call>not a call{}<tool_call|>", "<|tool_call>call:f{a:{b:{c:[{d:<|\"|><|<|\"|>}]}}}<tool_call|>",
        "<|tool_call>call:f{a:<|\"|>\\\"<|\"|>}<tool_call|>"}) {
    INFO(output);
    const ToolCalls whole = parse_tool_calls(output);
    for (size_t size = 1; size <= output.size(); ++size) {
      const Streamed got = streamed(cut(output, size));
      REQUIRE(got.arguments.size() == whole.calls.size());
      for (size_t i = 0; i < whole.calls.size(); ++i) CHECK(got.arguments[i] == spaced_json(whole.calls[i].arguments));
      if (whole.calls.empty()) CHECK(got.content == output);
    }
  }
}

TEST_CASE("strings may hold what ends a call elsewhere") {
  const ToolCalls parsed = parse_tool_calls("<|tool_call>call:f{s:<|\"|>}<tool_call|><|\"|>}<tool_call|>");
  REQUIRE(parsed.calls.size() == 1);
  CHECK(parsed.calls[0].arguments == Json{{"s", "}<tool_call|>"}});
  CHECK_FALSE(parsed.content.has_value());
  // Quotes that do not pair: the first closing tag.
  CHECK(parse_tool_calls("<|tool_call>call:f{s:<|\"|>a}<tool_call|>").calls.at(0).arguments == Json{{"s", "a"}});
}

TEST_CASE("any text is read without failing") {
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "a:{";
  CHECK(parse_tool_arguments(deep).is_object());
  CHECK(parse_tool_array(std::string(100000, '[')).is_array());
  CHECK(parse_tool_arguments("a:1e999,b:99999999999999999999,c:--1,d:0x1f") ==
        Json{{"a", "1e999"}, {"b", 1e20}, {"c", "--1"}, {"d", "0x1f"}});
}
