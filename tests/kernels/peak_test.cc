// Microbenchmarks are kernels too: they must do what they claim to do before anyone believes their rate.
#include "kernels/peak/peak.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "kernels/isa.h"

using namespace fp8bench;

namespace {

constexpr int64_t kBytes = 64 << 10;

struct Buffer {
  std::unique_ptr<uint64_t, void (*)(void*)> data{static_cast<uint64_t*>(std::aligned_alloc(4096, kBytes)), std::free};
  char* bytes() { return reinterpret_cast<char*>(data.get()); }
  uint64_t* words() { return data.get(); }
  static constexpr int64_t kWords = kBytes / 8;
};

double seconds_of(const ArithmeticPeak& peak, int64_t rounds) {
  const auto start = std::chrono::steady_clock::now();
  peak.run(rounds);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

TEST_CASE("a read loop reads every word of its buffer, on every instruction set") {
  Buffer buffer;
  int loops = 0;
  for (const BandwidthLoop& loop : bandwidth_loops()) {
    if (loop.kind != "read") continue;
    ++loops;
    // Its answer is the exclusive or of all words of all passes; one changed word anywhere must change it.
    for (int64_t i = 0; i < Buffer::kWords; ++i) buffer.words()[i] = static_cast<uint64_t>(i) * 0x9e3779b97f4a7c15u;
    uint64_t expected = 0;
    for (int64_t i = 0; i < Buffer::kWords; ++i) expected ^= buffer.words()[i];
    INFO(loop.variant);
    CHECK(loop.run(buffer.bytes(), kBytes, 1) == expected);
    CHECK(loop.run(buffer.bytes(), kBytes, 2) == 0);
    CHECK(loop.run(buffer.bytes(), kBytes, 3) == expected);
    for (const int64_t changed : {int64_t{0}, Buffer::kWords / 3, Buffer::kWords - 1}) {
      buffer.words()[changed] ^= 1;
      CHECK(loop.run(buffer.bytes(), kBytes, 1) == (expected ^ 1));
      buffer.words()[changed] ^= 1;
    }
  }
  CHECK(loops == 4 * static_cast<int>(isa_supported(Isa::kAvx512) ? 3 : isa_supported(Isa::kAvx2) ? 2 : 1));
}

TEST_CASE("a write loop writes every byte of its buffer and nothing behind it") {
  for (const BandwidthLoop& loop : bandwidth_loops()) {
    if (loop.kind != "write") continue;
    INFO(loop.variant);
    Buffer buffer;
    std::memset(buffer.bytes(), 0xee, kBytes);
    loop.run(buffer.bytes(), kBytes / 2, 3);
    for (int64_t i = 0; i < Buffer::kWords / 2; ++i) REQUIRE(buffer.words()[i] == 3);
    for (int64_t i = Buffer::kWords / 2; i < Buffer::kWords; ++i) REQUIRE(buffer.words()[i] == 0xeeeeeeeeeeeeeeeeu);
  }
}

TEST_CASE("a copy loop copies the first half of its buffer into the second") {
  for (const BandwidthLoop& loop : bandwidth_loops()) {
    if (loop.kind != "copy") continue;
    INFO(loop.variant);
    Buffer buffer;
    for (int64_t i = 0; i < Buffer::kWords; ++i) buffer.words()[i] = static_cast<uint64_t>(i);
    loop.run(buffer.bytes(), kBytes, 1);
    for (int64_t i = 0; i < Buffer::kWords; ++i)
      REQUIRE(buffer.words()[i] == static_cast<uint64_t>(i % (Buffer::kWords / 2)));
  }
}

TEST_CASE("arithmetic peaks count operations by the round and take time by the round") {
  std::set<std::string_view> names;
  for (const ArithmeticPeak& peak : arithmetic_peaks()) {
    INFO(peak.name);
    CHECK(names.insert(peak.name).second);
    if (!peak.supported()) continue;
    const int64_t once = peak.run(1);
    CHECK(once > 0);
    CHECK(peak.run(1000) == 1000 * once);
    // A loop that the compiler folded away would take no longer for a hundred times the work.
    const int64_t rounds = 100000 / peak.round_cycles + 1;
    double few = 1.0, many = 1.0;
    for (int attempt = 0; attempt < 5; ++attempt) {  // the fastest of several: other work only adds
      few = std::min(few, seconds_of(peak, rounds));
      many = std::min(many, seconds_of(peak, 100 * rounds));
    }
    CHECK(many > 20 * few);
  }
}

TEST_CASE("the peaks of an instruction set are supported where the set is") {
  for (const ArithmeticPeak& peak : arithmetic_peaks()) {
    if (peak.name == "fma.portable") CHECK(peak.supported());
    if (peak.name == "fma.avx2") CHECK(peak.supported() == isa_supported(Isa::kAvx2));
    if (peak.name == "fma.avx512") CHECK(peak.supported() == isa_supported(Isa::kAvx512));
  }
}

TEST_CASE("dependent additions are added") {
  // 1 plus the sum of sixteen times every block's first index.
  CHECK(run_dependent_additions(64) == 1 + 16 * (0 + 16 + 32 + 48));
}
