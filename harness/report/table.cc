#include "harness/report/table.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cmath>

namespace fp8bench {
namespace {

// Characters, not bytes: the tables use "±" and "→".
size_t width_of(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool is_figure(const std::string& cell) {
  return !cell.empty() &&
         (std::isdigit(static_cast<unsigned char>(cell[0])) != 0 || cell[0] == '-' || cell[0] == '+' || cell[0] == '<');
}

std::vector<size_t> column_widths(const Table& table) {
  std::vector<size_t> widths(table.header.size(), 0);
  for (size_t c = 0; c < widths.size(); ++c) {
    widths[c] = width_of(table.header[c]);
    for (const auto& row : table.rows)
      if (c < row.size()) widths[c] = std::max(widths[c], width_of(row[c]));
  }
  return widths;
}

std::string padded(const std::string& cell, size_t width, bool right) {
  const std::string space(width - std::min(width, width_of(cell)), ' ');
  return right ? space + cell : cell + space;
}

}  // namespace

std::string text_table(const Table& table, int indent) {
  const std::vector<size_t> widths = column_widths(table);
  std::string text;
  const auto line = [&](const std::vector<std::string>& cells, bool header) {
    std::string out(static_cast<size_t>(indent), ' ');
    for (size_t c = 0; c < widths.size(); ++c) {
      const std::string cell = c < cells.size() ? cells[c] : "";
      const bool numeric_column =
          !table.rows.empty() && c < table.rows.front().size() && is_figure(table.rows.front()[c]);
      out += padded(cell, widths[c], header ? numeric_column : is_figure(cell) || (numeric_column && cell == "n/a"));
      if (c + 1 < widths.size()) out += "  ";
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    text += out + "\n";
  };
  line(table.header, true);
  for (const auto& row : table.rows) line(row, false);
  return text;
}

std::string markdown_table(const Table& table) {
  std::string text = "|";
  for (const std::string& cell : table.header) text += " " + cell + " |";
  text += "\n|";
  for (size_t c = 0; c < table.header.size(); ++c) text += "---|";
  text += "\n";
  for (const auto& row : table.rows) {
    text += "|";
    for (size_t c = 0; c < table.header.size(); ++c) text += " " + (c < row.size() ? row[c] : "") + " |";
    text += "\n";
  }
  return text;
}

std::string significant(double value, int digits) {
  if (value == 0.0) return "0";
  const double magnitude = std::fabs(value);
  if (magnitude < 1e-3 || magnitude >= 1e6) return fmt::format("{:.{}e}", value, digits - 1);
  const int decimals = std::max(0, digits - 1 - static_cast<int>(std::floor(std::log10(magnitude))));
  return fmt::format("{:.{}f}", value, decimals);
}

}  // namespace fp8bench
