// `fp8bench quantize` as a process: killed, it leaves no trace in the destination.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "harness/checkpoint/quantize_checkpoint.h"
#include "harness/checkpoint/safetensors.h"
#include "harness/io/text_file.h"
#include "tests/checkpoint/folder_hashes.h"
#include "tests/checkpoint/memory_source.h"
#include "tests/test_data.h"

using namespace fp8bench;
using namespace fp8bench::test;
namespace fs = std::filesystem;

TEST_CASE("a run killed at any moment leaves the destination as it was, or complete") {
  const TemporaryFolder folder;
  const fs::path source = folder / "source", out = folder / "out";
  fs::create_directories(source);
  write_file_atomically(source / "config.json", R"({"model_type": "llama"})");
  std::vector<std::byte> bytes(size_t{24} << 20);
  for (size_t i = 0; i < bytes.size(); i += 2) bytes[i] = std::byte(i / 7), bytes[i + 1] = std::byte{0x3C};
  write_safetensors(source / "model.safetensors",
                    {{{"a.weight", DType::kBF16, {3072, 4096}, "model.safetensors"}, bytes}});
  quantize_checkpoint(open_source(source.string()), folder / "expected", {});
  const auto complete = hashes(folder / "expected");
  fs::create_directories(out);
  write_file_atomically(out / "old.txt", "old");
  const auto before = hashes(out);
  int killed = 0;
  for (const int milliseconds : {1, 5, 10, 15, 20, 30, 40, 60, 90, 150}) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::execl(FP8BENCH_PROGRAM, FP8BENCH_PROGRAM, "quantize", source.c_str(), out.c_str(), "--force", "--quiet",
              "--json", (folder / "r.json").c_str(), nullptr);
      ::_exit(127);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    killed += WIFSIGNALED(status);
    const auto now = hashes(out);
    CHECK((now == before || now == complete));
    if (now == complete) break;
  }
  CHECK(killed > 0);
}
