#include "harness/report/table.h"

#include <catch2/catch.hpp>

using namespace fp8bench;

TEST_CASE("a text table aligns figures right and words left, counting characters") {
  const Table table{{"op", "ms"}, {{"router", "1.5"}, {"a ± b", "12.25"}}};
  CHECK(text_table(table, 1) == " op         ms\n router    1.5\n a ± b   12.25\n");
}

TEST_CASE("a Markdown table has one line a row") {
  const Table table{{"op", "ms"}, {{"router", "1.5"}}};
  CHECK(markdown_table(table) == "| op | ms |\n|---|---|\n| router | 1.5 |\n");
}

TEST_CASE("significant keeps the asked digits") {
  CHECK(significant(0.0) == "0");
  CHECK(significant(0.00312) == "0.00312");
  CHECK(significant(0.000312) == "3.12e-04");
  CHECK(significant(12.345) == "12.3");
  CHECK(significant(-1234.5) == "-1234");
}
