// Energy of the processor packages by RAPL, where the system lets it be read.
#pragma once
#include <filesystem>
#include <optional>
#include <vector>

namespace fp8bench {

class EnergyMeter {
 public:
  explicit EnergyMeter(const std::filesystem::path& root = "/sys/class/powercap");
  bool available() const { return !packages_.empty(); }
  void start();
  double stop();  // joules since start(), all packages; counters that wrapped once are put right

 private:
  struct Package {
    std::filesystem::path counter;  // microjoules
    double range = 0.0, begin = 0.0;
  };
  std::vector<Package> packages_;
};

}  // namespace fp8bench
