// The template interpreter against the real Jinja2 (tests/goldens/jinja), and what only it promises: errors with a
// place, bounds, no leaks.
#include <catch2/catch.hpp>
#include <fstream>

#include "harness/io/error.h"
#include "harness/text/jinja/template.h"
#include "tests/test_data.h"

using namespace fp8bench;
using Json = nlohmann::ordered_json;

namespace {

std::string rendered(const std::string& source, const Json& variables = Json::object()) {
  return jinja::Template(source, "t").render(variables);
}

std::string error_of(const std::string& source, const Json& variables = Json::object(),
                     const jinja::Limits& limits = {}) {
  try {
    jinja::Template(source, "t").render(variables, std::nullopt, limits);
    return "";
  } catch (const InputError& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("a template renders, or fails, as with Jinja2 itself") {
  std::ifstream file(test::source_path("tests/goldens/jinja/goldens.jsonl"));
  std::string line;
  REQUIRE(std::getline(file, line));
  const Json head = Json::parse(line);
  CHECK(head["jinja2"] == "3.1.6");
  int rows = 0, errors = 0;
  while (std::getline(file, line)) {
    const Json row = Json::parse(line);
    const auto source = row["template"].get<std::string>();
    INFO(source);
    ++rows;
    const std::string error = error_of(source, head["variables"]);
    if (row.contains("expected")) {
      REQUIRE(error.empty());
      CHECK(rendered(source, head["variables"]) == row["expected"].get<std::string>());
    } else {
      ++errors;
      CHECK(error.substr(0, 2) == "t:");
    }
  }
  CHECK(rows > 900);
  CHECK(errors > 150);
}

TEST_CASE("template errors name the template, the line and the construct") {
  CHECK(error_of("a\nb {{ x | nosuch }}") == "t:2: unknown filter 'nosuch'");
  CHECK(error_of("\n\n{% nosuch %}") == "t:3: unknown tag {% nosuch %}");
  CHECK(error_of("{{ 1 is nosuch }}") == "t:1: unknown test 'nosuch'");
  CHECK(error_of("{% set x = 1 %}\n{{ x.\ny.z }}") == "t:3: 'int object' has no attribute 'y'");
  CHECK(error_of("\n{{ [1].append(2) }}") == "t:2: access to attribute 'append' of 'list' object is unsafe");
  CHECK(error_of("{{ 'a'.zfill(3) }}") == "t:1: attribute 'zfill' of 'str' object is not supported");
  CHECK(error_of("{{ 'a' | upper(1) }}") == "t:1: filter 'upper': filter() takes 0 to 0 argument(s), 1 given");
  CHECK(error_of("\n{{ raise_exception('roles must alternate') }}") ==
        "t:2: the template refuses its input: roles must alternate");
  CHECK(error_of("{% macro m() %}\n{{ x.y }}\n{% endmacro %}\n{{ m() }}") == "t:2: 'x' is undefined");
  CHECK(error_of("{% for x in [1] %}\n\n{% if x %}") == "t:3: {% if %} has no {% endif %}");
  CHECK(error_of("\xff") == "t: not valid UTF-8");
  CHECK(error_of("{{ x }}", Json::array()) == "t: the variables are not a JSON object");
  CHECK(error_of("{{ x }}", Json{{"x", "\xff"}}) == "t: a JSON string is not valid UTF-8");
  CHECK(error_of("{{ x }}", Json{{"x", 18446744073709551615u}}) ==
        "t: integer 18446744073709551615 needs more than 64 bits");
}

TEST_CASE("a template cannot take more time, memory or stack than its limits") {
  jinja::Limits limits;  // the kinds of bounds are what counts here, so that the test is quick
  limits.steps = 2'000'000;
  limits.bytes = 64 << 20;
  limits.output_bytes = 1 << 20;
  const auto says = [&](const std::string& source, const std::string& what) {
    INFO(source.substr(0, 200));
    const std::string error = error_of(source, Json::object(), limits);
    CHECK_THAT(error, Catch::Contains(what));
  };
  const std::string loop = "{% for a in range(100000) %}", short_loop = "{% for a in range(1000) %}";
  says(short_loop + short_loop + "{% if a %}{% endif %}{% endfor %}{% endfor %}", "too many steps");
  says(loop + loop + loop + "{% endfor %}{% endfor %}{% endfor %}", "too much");
  says(loop + "{{ 'x' * 100000 }}{% endfor %}", "too long");
  says("{% set ns = namespace(s='xxxxxxxxxx') %}" + loop + "{% set ns.s = ns.s ~ ns.s %}{% endfor %}", "too much");
  says("{% set ns = namespace(s=[1]) %}" + loop + "{% set ns.s = ns.s + ns.s %}{% endfor %}", "too much");
  says("{% set ns = namespace(s=[1]) %}" + loop + "{% set ns.s = [ns.s, ns.s] %}{% endfor %}",
       "more than 16777216 parts");
  says("{% set ns = namespace(s=[]) %}" + loop + "{% set ns.s = [ns.s] %}{% endfor %}", "nested deeper than 400");
  says("{% set ns = namespace(s=1) %}" + loop + "{% set ns.s = [ns.s].index %}{% endfor %}", "nested deeper than 400");
  says("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "recurses too deeply");
  says("{{ 'x' * 10000000000000 }}", "too long");
  says("{{ ['x'] * 10000000000000 }}", "too long");
  says("{{ range(9223372036854775807, -9223372036854775807, -1) }}", "too large");
  says("{{ '%100000000d' % 1 }}", "too large");
  says("{{ 'x' | center(100000000000000) }}", "too many steps");
  says("{{ 'a\\nb' | indent(2000000) * 100000 }}", "too many steps");
  says("{{ " + std::string(100000, '(') + std::string(100000, ')') + " }}", "nested too deeply");
  says("{{ 1" + std::string(20000, '+') + "1 }}", "nested too deeply");
  std::string chain = "{{ 1", ifs;
  for (int i = 0; i < 5000; ++i) chain += " + 1";
  says(chain + " }}", "more than 300 levels");
  for (int i = 0; i < 5000; ++i) ifs += "{% if 1 %}";
  says(ifs, "nested too deeply");
  says(std::string(jinja::kMaxSourceBytes + 1, 'x'), "more than 1048576 bytes");
  std::string deep = "1";
  for (int i = 0; i < 1000; ++i) deep = "[" + deep + "]";
  CHECK(error_of("{{ x }}", Json{{"x", Json::parse(deep)}}).find("nested deeper") != std::string::npos);

  jinja::Limits small;
  small.output_bytes = 3;
  CHECK(error_of("abc", Json::object(), small).empty());
  CHECK(error_of("abcd", Json::object(), small) == "t:1: the output is too long");
}

TEST_CASE("a namespace that holds itself, and macros that hold their scope, are freed") {  // seen by LeakSanitizer
  CHECK(rendered("{% set ns = namespace() %}{% set ns.me = ns %}{% set ns.l = [ns] %}{{ ns.me.me.l | length }}") ==
        "1");
  CHECK(rendered("{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}x{% endmacro %}{{ a() }}") == "x");
  CHECK(rendered("{% for i in [1] %}{% macro c() %}{{ i }}{% endmacro %}{% set f = c %}{{ f() }}{% endfor %}") == "1");
  CHECK(rendered(
            "{% set ns = namespace() %}{% for x in [1, 2] if x %}{% set ns.l = loop %}{% endfor %}{{ ns.l.length }}") ==
        "2");
}

TEST_CASE("strftime_now says the time that the caller asks for") {
  const jinja::Template date("{{ strftime_now('%Y') }}", "t");
  CHECK(date.render(Json::object(), std::time_t{86400 * 366}) == "1971");
  CHECK(rendered("{{ strftime_now is defined }}") == "True");
  CHECK(error_of("{{ strftime_now() }}") == "t:1: strftime_now() misses its argument 'format'");
}
