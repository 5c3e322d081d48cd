// Progress on stderr: a bar on a terminal, a sparse line every ten seconds otherwise, nothing when quiet.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

namespace fp8bench {

class Progress {
 public:
  Progress(std::string what, bool quiet);
  ~Progress();  // clears the bar
  void update(int64_t done, int64_t total, const std::string& detail = "");
  void note(const std::string& line);  // a line of its own (unless quiet)

 private:
  std::string what_;
  bool quiet_, terminal_;
  std::chrono::steady_clock::time_point started_, last_;
};

}  // namespace fp8bench
