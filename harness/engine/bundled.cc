#include "harness/engine/bundled.h"

#include <cstdlib>

namespace fp8bench {

std::filesystem::path bundled_path() {
  const char* root = std::getenv("FP8BENCH_ROOT");
  const std::filesystem::path base = root != nullptr && *root != '\0' ? root : FP8BENCH_SOURCE_ROOT;
  return base / "datasets" / "nano";
}

}  // namespace fp8bench
