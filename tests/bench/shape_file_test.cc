// Cases are text: what a line expands to, and that every mistake names its line, key and what was expected.
#include "bench/cases/shape_file.h"

#include <catch2/catch.hpp>
#include <set>

#include "bench/cases/cases.h"
#include "bench/cases/named_shapes.h"
#include "harness/io/error.h"
#include "harness/io/text_file.h"
#include "harness/measure/environment.h"

using namespace fp8bench;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

TEST_CASE("a line is a cross product, the first key varying slowest") {
  const auto cases = parse_shapes(
      "# comment\n\n  op=gemm n=64,32 k=16 tokens=1,8 input=zeros mode=hot # trailing\nop=quantize width=8 tokens=3\n",
      "f");
  REQUIRE(cases.size() == 5);
  CHECK(cases[0].text() == "op=gemm n=64 k=16 tokens=1 input=zeros mode=hot");
  CHECK(cases[1].count("tokens") == 8);
  CHECK(cases[2].count("n") == 32);
  CHECK(cases[3].name() == "gemm/n:32/k:16/tokens:8/input:zeros/mode:hot");
  CHECK(cases[4].op == "quantize");
  CHECK(cases[4].where == "f:4");
  CHECK(cases[4].choice("mode") == "rotate");  // the standard
}

TEST_CASE("the text of a case parses back into it") {
  const auto cases = parse_shapes(
      "op=gemm shape=gemma-4-26b-a4b/sliding.q,dense.down tokens=1,64 contenders=f8,bf16 accumulate=native\n"
      "op=grouped_gemm shape=gemma-4-26b-a4b/expert.down tokens=8 routing=zipf,recorded\n",
      "f");
  REQUIRE(cases.size() == 6);
  std::set<std::string> names;
  for (const CaseSpec& one : cases) {
    const auto again = parse_shapes(one.text(), "again");
    REQUIRE(again.size() == 1);
    CHECK(again[0].text() == one.text());
    CHECK(again[0].name() == one.name());
    for (size_t v = 0; v < one.values.size(); ++v) CHECK(again[0].values[v].text == one.values[v].text);
    names.insert(one.name());
  }
  CHECK(names.size() == cases.size());
  CHECK(cases[0].count("n") == 4096);  // 16 heads of 256
  CHECK(cases[0].count("k") == 2816);
  CHECK(cases[2].count("n") == 2816);  // "dense.down" of the same model
  CHECK(cases[2].count("k") == 2112);
  CHECK(cases[4].count("gather") == 0);
  CHECK(cases[0].has("contenders", "f8"));
  CHECK_FALSE(cases[0].has("contenders", "f8-product"));
}

TEST_CASE("every mistake names file, line, key and what was expected") {
  const auto [text, start, expected] = GENERATE(table<std::string, std::string, std::string>({
      {"op=gem n=1 k=1 tokens=1", "f:1: op: ", "gemm"},
      {"n=1", "f:1: op: ", "expected op="},
      {"\nop=gemm n=1 k=1", "f:2: tokens: ", "a whole number from 1 to "},
      {"op=gemm n=0 k=1 tokens=1", "f:1: n: ", "found \"0\""},
      {"op=gemm n=1x k=1 tokens=1", "f:1: n: ", "found \"1x\""},
      {"op=gemm n=1,,2 k=1 tokens=1", "f:1: n: ", "between commas"},
      {"op=gemm n= k=1 tokens=1", "f:1: n: ", "between commas"},
      {"op=gemm n=99999999999999999999 k=1 tokens=1", "f:1: n: ", "whole number"},
      {"op=gemm n=1 n=2 k=1 tokens=1", "f:1: n: ", "found twice"},
      {"op=gemm n=1 k=1 tokens=1 colour=red", "f:1: colour: ", "accumulate"},
      {"op=gemm n=1 k=1 tokens=1 mode=warm", "f:1: mode: ", "rotate, hot, cold"},
      {"op=gemm n=1 k=1 tokens=1 contenders=f9", "f:1: contenders: ", "one or several of"},
      {"op=gemm n 1", "f:1: n: ", "key=value"},
      {"op=gemm =1", "f:1: =1: ", "key=value"},
      {"op=gemm shape=gemma-5/sliding.q tokens=1", "f:1: shape: ", "gemma-4-26b-a4b"},
      {"op=gemm shape=gemma-4-26b-a4b/sideways tokens=1", "f:1: shape: ", "sliding.q"},
      {"op=gemm shape=gemma-4-31b tokens=1", "f:1: shape: ", "gemma-4-31b/"},
      {"op=moe_layer shape=gemma-4-31b/moe tokens=1", "f:1: shape: ", "found \"gemma-4-31b/moe\""},
      {"op=gemm shape=gemma-4-26b-a4b/sliding.q n=7 tokens=1", "f:1: n: ", "says it already"},
      {"# nothing", "f: ", "no case"},
  }));
  CAPTURE(text);
  try {
    parse_shapes(text, "f");
    FAIL("parsed");
  } catch (const InputError& error) {
    CHECK_THAT(error.what(), StartsWith(start) && Contains(expected));
  }
}

TEST_CASE("an axis can be overridden for all cases that have it") {
  auto cases = parse_shapes("op=gemm n=1 k=1 tokens=1\nop=rope heads=1 head_dim=8 rotated=4 tokens=1\n", "f");
  override_axis(cases, "mode", "hot", "--mode");
  for (const CaseSpec& one : cases) CHECK(one.text().find("mode=hot") != std::string::npos);
  CHECK_THROWS_AS(override_axis(cases, "mode", "warm", "--mode"), InputError);
  CHECK_THROWS_AS(override_axis(cases, "nothing", "hot", "--nothing"), InputError);
}

TEST_CASE("every shipped file parses, and --shape takes files, their names and cases") {
  const auto names = bundled_shapes();
  CHECK(names.size() >= 3);
  for (const std::string& name : names) {
    CAPTURE(name);
    CHECK_FALSE(load_shapes(name).empty());
    CHECK(load_shapes((shapes_folder() / (name + ".txt")).string()).size() == load_shapes(name).size());
  }
  CHECK(load_shapes("op=gemm n=1 k=1 tokens=1; op=quantize width=8 tokens=1").size() == 2);
  CHECK_THROWS_AS(load_shapes("nothing"), InputError);
}

TEST_CASE("every named shape makes cases of its operation") {
  for (const auto& [name, about] : list_named_shapes()) {
    CAPTURE(name, about);
    for (const Op* op : ops()) {
      if (about.find("op=" + std::string(op->name) + " ") == std::string::npos) continue;
      const std::string extra = op->name == "head" || op->name == "attention" ? " tokens=1" : " tokens=1";
      CHECK(parse_shapes("op=" + std::string(op->name) + " shape=" + name + extra, "f").size() == 1);
    }
  }
}
