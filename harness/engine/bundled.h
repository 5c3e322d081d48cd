// Where the bundled checkpoint lies: datasets/nano of the source tree, or of the folder named by FP8BENCH_ROOT.
#pragma once
#include <filesystem>

namespace fp8bench {

std::filesystem::path bundled_path();  // .../datasets/nano

}  // namespace fp8bench
