#include "harness/measure/datasheet.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <sstream>
#include <vector>

namespace fp8bench {
namespace {

// H100 and H200 figures: Stas Bekman, Machine Learning Engineering, accelerator tables, which copy NVIDIA's.
constexpr std::string_view kBekman = "github.com/stas00/ml-engineering, compute/accelerator";

constexpr std::array kDatasheets = {
    Datasheet{"L40S", "L40S", "", 362.05, 0.0, 733.0, 1466.0, 864.0, "NVIDIA's table as copied at mullet.se; stas00"},
    Datasheet{"L40", "L40", "", 181.05, 0.0, 362.0, 0.0, 864.0, "NVIDIA's table as copied at mullet.se; stas00"},
    Datasheet{"RTX 4090", "RTX 4090", "Laptop D", 165.2, 0.0, 330.3, 0.0, 1008.0,
              "Ada whitepaper's figures via waredb; float32 accumulation"},
    Datasheet{"H100 SXM", "H100 HBM3", "PCIe NVL MIG", 989.0, 0.0, 1979.0, 0.0, 3350.0, kBekman},
    Datasheet{"H100 PCIe", "H100 PCIe", "NVL MIG", 756.0, 0.0, 1513.0, 0.0, 2000.0, kBekman},
    Datasheet{"H200", "H200", "NVL MIG", 989.0, 0.0, 1979.0, 0.0, 4800.0, kBekman},
    Datasheet{"B200", "B200", "MIG", 2250.0, 0.0, 4500.0, 0.0, 8000.0, "glennklockwood.com/garden/processors/B200"},
    Datasheet{"RTX PRO 6000", "RTX PRO 6000", "MIG", 503.8, 0.0, 1008.0, 0.0, 1792.0, "hmc-tech"},
};

// One tdpbf16ps is 16 x 16 x 32 multiply-adds' worth of 16384 operations, issued every 16 cycles.
constexpr std::array kUnitRates = {
    UnitRate{"bf16.amx", 1024.0, "Intel's optimization manual: TDPBF16PS, 16384 operations in 16 cycles"},
};

std::vector<std::string> words(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  std::istringstream in(lower);
  std::vector<std::string> result;
  for (std::string word; in >> word;) result.push_back(word);
  return result;
}

}  // namespace

std::span<const Datasheet> datasheets() { return kDatasheets; }

const Datasheet* find_datasheet(std::string_view device_name) {
  const std::vector<std::string> name = words(device_name);
  const auto has = [&](const std::string& word) { return std::find(name.begin(), name.end(), word) != name.end(); };
  for (const Datasheet& sheet : kDatasheets) {
    const std::vector<std::string> needed = words(sheet.pattern), refused = words(sheet.without);
    if (std::all_of(needed.begin(), needed.end(), has) && std::none_of(refused.begin(), refused.end(), has))
      return &sheet;
  }
  return nullptr;
}

std::span<const UnitRate> unit_rates() { return kUnitRates; }

std::optional<double> theoretical_gflop_s(std::string_view unit, double clock_ghz, int threads) {
  for (const UnitRate& rate : kUnitRates)
    if (rate.unit == unit && clock_ghz > 0.0) return rate.flop_per_cycle * clock_ghz * threads;
  return std::nullopt;
}

std::string share_of_datasheet(double value, double dense, double sparse) {
  if (dense <= 0.0 && sparse <= 0.0) return "n/a";
  std::string text;
  if (dense > 0.0) text = fmt::format("{:.1f} % dense", 100 * value / dense);
  if (sparse > 0.0) text += fmt::format("{}{:.1f} % sparse", text.empty() ? "" : ", ", 100 * value / sparse);
  return text;
}

}  // namespace fp8bench
