#include "datasets/nano_items.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <utility>

#include "datasets/registry.h"
#include "tests/test_data.h"

namespace fp8bench {
namespace {

const std::string kExactLine =
    R"({"id": "a-1", "task": "add", "kind": "exact", "context": [2, 40], "target": [51, 107]})";
const std::string kChoiceLine =
    R"({"id": 7, "task": "mc", "kind": "choice", "context": [2], "choices": [[51], [52, 9]], "gold": 1, "text": "x"})";

std::string refusal(const std::string& text) {
  try {
    parse_items(text, "items.jsonl", 1536);
  } catch (const DatasetError& error) {
    return error.what();
  }
  return "accepted";
}

// The exact line with one piece replaced.
std::string changed(std::string line, const std::string& from, const std::string& to) {
  const size_t at = line.find(from);
  REQUIRE(at != std::string::npos);
  return line.replace(at, from.size(), to);
}

TEST_CASE("both kinds of item are read, empty lines and a last line without its end are fine") {
  const auto items = parse_items(kExactLine + "\n\n" + kChoiceLine, "f", 1536);
  REQUIRE(items.size() == 2);
  CHECK(items[0].id == "a-1");
  CHECK(items[0].kind == ItemKind::kExact);
  CHECK(items[0].context == std::vector<int32_t>{2, 40});
  CHECK(items[0].target == std::vector<int32_t>{51, 107});
  CHECK(items[1].id == "7");
  CHECK(items[1].kind == ItemKind::kChoice);
  CHECK(items[1].choices == std::vector<std::vector<int32_t>>{{51}, {52, 9}});
  CHECK(items[1].gold == 1);
  CHECK(parse_items(kExactLine + "\r\n", "f", 1536).size() == 1);
}

TEST_CASE("bad items are refused with file, line, expected and found") {
  CHECK(refusal(kExactLine) == "accepted");
  CHECK_THAT(refusal(kExactLine + "\n\n{oops"), Catch::StartsWith("items.jsonl:3: expected one JSON object"));
  CHECK_THAT(refusal("[1]"), Catch::Contains("items.jsonl:1: expected one JSON object, found [1]"));
  CHECK_THAT(refusal(""), Catch::Contains("expected at least one line"));
  CHECK_THAT(refusal(kExactLine + "\n" + kExactLine),
             Catch::Contains("items.jsonl:2") && Catch::Contains("second time"));
  CHECK_THAT(refusal(changed(kExactLine, "target", "taget")), Catch::Contains("found \"taget\""));
  CHECK_THAT(refusal(changed(kExactLine, ", \"target\": [51, 107]", "")), Catch::Contains("the key \"target\""));
  CHECK_THAT(refusal(changed(kExactLine, "\"exact\"", "\"exakt\"")),
             Catch::Contains("expected \"exact\" or \"choice\""));
  CHECK_THAT(refusal(changed(kExactLine, "[2, 40]", "[]")),
             Catch::Contains("\"context\"") && Catch::Contains("not empty"));
  CHECK_THAT(refusal(changed(kExactLine, "[2, 40]", "[2, 1536]")),
             Catch::Contains("\"context\"[1]: expected a token id below 1536, found 1536"));
  CHECK_THAT(refusal(changed(kExactLine, "40", "-1")), Catch::Contains("found -1"));
  CHECK_THAT(refusal(changed(kExactLine, "40", "40.0")), Catch::Contains("found 40.0"));
  CHECK_THAT(refusal(changed(kExactLine, "40", "18446744073709551615")), Catch::Contains("found 18446744073709551615"));
  CHECK_THAT(refusal(changed(kExactLine, "\"a-1\"", "\"\"")), Catch::Contains("\"id\""));
  CHECK_THAT(refusal(changed(kChoiceLine, "[[51], [52, 9]]", "[[51]]")), Catch::Contains("at least two"));
  CHECK_THAT(refusal(changed(kChoiceLine, "[52, 9]", "[]")), Catch::Contains("choices[1]"));
  CHECK_THAT(refusal(changed(kChoiceLine, "\"gold\": 1", "\"gold\": 2")), Catch::Contains("one of 2 choices, found 2"));
}

TEST_CASE("text documents: names and ids, refused alike") {
  const auto documents = parse_text(R"({"doc": "x", "ids": [1, 2]})"
                                    "\n"
                                    R"({"doc": "y", "ids": [3]})",
                                    "text.jsonl", 10);
  REQUIRE(documents.size() == 2);
  CHECK(documents[1].name == "y");
  CHECK(documents[0].ids == std::vector<int32_t>{1, 2});
  CHECK_THROWS_WITH(parse_text(R"({"doc": "x", "ids": [10]})", "text.jsonl", 10),
                    Catch::Contains("text.jsonl:1: \"ids\"[0]: expected a token id below 10, found 10"));
  CHECK_THROWS_AS(parse_text(R"({"doc": "x", "ids": [1]})"
                             "\n"
                             R"({"doc": "x", "ids": [1]})",
                             "t", 10),
                  DatasetError);
  CHECK_THROWS_AS(parse_text(R"({"ids": [1]})", "t", 10), DatasetError);
}

TEST_CASE("every bundled task belongs to a bundled set") {
  for (const BundledTask& task : bundled_tasks()) CHECK(find_set(task.set) != nullptr);
  CHECK(find_set("no such set") == nullptr);
}

std::string file_text(std::string_view relative) {
  std::ifstream in(test::source_path(std::string(relative)));
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

TEST_CASE("the bundled files are readable and hold exactly the tasks of the table, of the kind that it says") {
  for (const BundledSet& set : bundled_sets()) {
    const std::string items = file_text(set.items), text = file_text(set.text);
    if (items.empty() || text.empty()) FP8BENCH_SKIP("the bundled files are not there");
    std::set<std::pair<std::string, ItemKind>> found, listed;
    for (const TaskItem& item : parse_items(items, std::string(set.items), 1 << 20))
      found.emplace(item.task, item.kind);
    for (const BundledTask& task : bundled_tasks()) {
      if (task.set == set.name) listed.emplace(task.name, task.kind);
    }
    CHECK(found == listed);
    CHECK(parse_text(text, std::string(set.text), 1 << 20).size() >= 2);
  }
}

}  // namespace
}  // namespace fp8bench
