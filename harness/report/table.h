// Rows of text, aligned for a terminal or as Markdown. Printers add no figures of their own.
#pragma once
#include <string>
#include <vector>

namespace fp8bench {

struct Table {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
  void add(std::vector<std::string> row) { rows.push_back(std::move(row)); }
};

// Columns padded to the widest cell; a cell that starts with a digit, sign or '<' is right-aligned. `indent` spaces in
// front.
std::string text_table(const Table& table, int indent = 2);
std::string markdown_table(const Table& table);

// 0.00312 -> "3.12e-03", 12.5 -> "12.5": `digits` significant digits, engineering-free.
std::string significant(double value, int digits = 3);

}  // namespace fp8bench
