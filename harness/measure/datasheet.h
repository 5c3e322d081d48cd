// What the makers say. A visible table of devices, each figure with its source; what has no source is left out. Dense
// and sparse peaks stand side by side, because published tables confuse them by exactly a factor of two.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace fp8bench {

struct Datasheet {
  std::string_view device;   // as tables call it
  std::string_view pattern;  // words of its driver's name for it: all must be there, in any case
  std::string_view without;  // and none of these: a sibling with other figures
  double bf16_tflop_s = 0.0, bf16_sparse_tflop_s = 0.0;  // float32 accumulation; 0: no source
  double fp8_tflop_s = 0.0, fp8_sparse_tflop_s = 0.0;
  double memory_gb_s = 0.0;
  std::string_view source;
};

std::span<const Datasheet> datasheets();
// The row of a device by the name that its driver reports; null where none fits.
const Datasheet* find_datasheet(std::string_view device_name);

// Processors: operations a cycle and core of a unit, a multiply-add counting two. With the measured clock ("clock.one")
// this gives the theoretical peak of a ceiling such as "bf16.amx.one".
struct UnitRate {
  std::string_view unit;  // "bf16.amx"
  double flop_per_cycle = 0.0;
  std::string_view source;
};
std::span<const UnitRate> unit_rates();
// Operations a second of `threads` cores at `clock_ghz` (GFLOP/s); nothing where the rate or the clock is unknown.
std::optional<double> theoretical_gflop_s(std::string_view unit, double clock_ghz, int threads);

// "51.2 % dense, 25.6 % sparse"; a peak without a source is left out, "n/a" where none is known.
std::string share_of_datasheet(double value, double dense, double sparse);

}  // namespace fp8bench
