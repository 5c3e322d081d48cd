#include "harness/report/progress.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

namespace fp8bench {

using std::chrono::duration;
using std::chrono::steady_clock;

Progress::Progress(std::string what, bool quiet)
    : what_(std::move(what)),
      quiet_(quiet),
      terminal_(::isatty(STDERR_FILENO) == 1),
      started_(steady_clock::now()),
      last_(started_) {}

Progress::~Progress() {
  if (!quiet_ && terminal_) std::fputs("\r\033[K", stderr);
}

void Progress::update(int64_t done, int64_t total, const std::string& detail) {
  if (quiet_) return;
  const auto now = steady_clock::now();
  const double interval = terminal_ ? 0.1 : 10.0;  // seconds
  if (duration<double>(now - last_).count() < interval) return;
  last_ = now;
  const double share = total > 0 ? static_cast<double>(done) / static_cast<double>(total) : 0.0;
  const double seconds = duration<double>(now - started_).count();
  if (terminal_) {
    constexpr int kWidth = 30;
    const int filled = static_cast<int>(share * kWidth);
    fmt::print(stderr, "\r\033[K{} [{:#<{}}{:.<{}}] {:3.0f} % {:.0f} s {}", what_, "", filled, "", kWidth - filled,
               share * 100, seconds, detail);
  } else {
    fmt::print(stderr, "{}: {:.0f} %, {:.0f} s {}\n", what_, share * 100, seconds, detail);
  }
  std::fflush(stderr);
}

void Progress::note(const std::string& line) {
  if (quiet_) return;
  if (terminal_) std::fputs("\r\033[K", stderr);
  fmt::print(stderr, "{}: {}\n", what_, line);
}

}  // namespace fp8bench
