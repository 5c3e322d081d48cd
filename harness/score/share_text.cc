#include "harness/score/share_text.h"

#include <fmt/core.h>

#include <cmath>
#include <cstdlib>

#include "harness/io/error.h"

namespace fp8bench {

double parse_share(const std::string& text, const std::string& option) {
  char* end = nullptr;
  double value = std::strtod(text.c_str(), &end);
  std::string unit = end;
  while (!unit.empty() && unit.front() == ' ') unit.erase(0, 1);
  const bool known = unit.empty() || unit == "%" || unit == "pp";
  if (!unit.empty()) value /= 100;
  if (end == text.c_str() || !known || !(value > 0 && value < 1))
    throw InputError(
        fmt::format("{}: expected a share between 0 and 1 such as 0.5pp, 2% or 0.02, found '{}'", option, text));
  return value;
}

}  // namespace fp8bench
