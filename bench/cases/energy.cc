#include "bench/cases/energy.h"

#include <fstream>
#include <string>

namespace fp8bench {
namespace {

// Negative: cannot be read.
double read_number(const std::filesystem::path& file) {
  std::ifstream in(file);
  double value = -1.0;
  return in >> value ? value : -1.0;
}

}  // namespace

EnergyMeter::EnergyMeter(const std::filesystem::path& root) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(root, ignored)) {
    // Packages are "intel-rapl:0"; "intel-rapl:0:1" is a part of one and already counted.
    const std::string name = entry.path().filename().string();
    if (name.rfind("intel-rapl:", 0) != 0 || name.find(':') != name.rfind(':')) continue;
    const double range = read_number(entry.path() / "max_energy_range_uj");
    if (read_number(entry.path() / "energy_uj") >= 0.0) packages_.push_back({entry.path() / "energy_uj", range, 0.0});
  }
}

void EnergyMeter::start() {
  for (Package& package : packages_) package.begin = read_number(package.counter);
}

double EnergyMeter::stop() {
  double joules = 0.0;
  for (const Package& package : packages_) {
    double spent = read_number(package.counter) - package.begin;
    if (spent < 0.0) spent += package.range;
    joules += 1e-6 * spent;
  }
  return joules;
}

}  // namespace fp8bench
