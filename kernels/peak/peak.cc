#include "kernels/peak/peak.h"

#include <array>
#include <vector>

#include "kernels/peak/peak_kernels.h"

namespace fp8bench {
namespace {

template <Isa kIsa>
bool has() {
  return isa_supported(kIsa);
}

#if !defined(__x86_64__)
// Another processor has none of these; the table still names them, so that a reader sees what was not measured.
}  // namespace
int64_t fma_avx2_rounds(int64_t) { return 0; }
int64_t fma_avx512_rounds(int64_t) { return 0; }
int64_t bf16_dot_rounds(int64_t) { return 0; }
int64_t amx_bf16_rounds(int64_t) { return 0; }
namespace {
#endif

constexpr std::array kArithmetic = {
    ArithmeticPeak{"fma.portable", "float32 std::fma", has<Isa::kPortable>, fma_portable_rounds, 60},
    ArithmeticPeak{"fma.avx2", "float32 FMA, 256 bits", has<Isa::kAvx2>, fma_avx2_rounds, 6},
    ArithmeticPeak{"fma.avx512", "float32 FMA, 512 bits", has<Isa::kAvx512>, fma_avx512_rounds, 12},
    ArithmeticPeak{"bf16.avx512bf16", "BF16 vdpbf16ps, 512 bits", has<Isa::kAvx512Bf16>, bf16_dot_rounds, 12},
    ArithmeticPeak{"bf16.amx", "BF16 tdpbf16ps, tiles", has<Isa::kAmx>, amx_bf16_rounds, 96},
};

}  // namespace

std::span<const ArithmeticPeak> arithmetic_peaks() { return kArithmetic; }

std::span<const BandwidthLoop> bandwidth_loops() {
  static const std::vector<BandwidthLoop> kAll = [] {
    std::vector<BandwidthLoop> all;
    for (const Isa isa : canonical_isas()) {
      const BandwidthTable& table = bandwidth_table_for(isa);
      all.insert(all.end(), table.loops, table.loops + table.count);
    }
    return all;
  }();
  return kAll;
}

uint64_t run_dependent_additions(int64_t additions) {
  constexpr int64_t kBlock = 16;
  uint64_t value = 1;
  for (int64_t i = 0; i < additions; i += kBlock)
    for (int64_t j = 0; j < kBlock; ++j) {
      value += static_cast<uint64_t>(i);
      asm volatile("" : "+r"(value));  // one addition each, in this order
    }
  return value;
}

}  // namespace fp8bench
