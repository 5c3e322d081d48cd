// Instruction sets. One binary holds every kernel once per set; the set is chosen at run time from cpuid, or by the
// environment variable FP8BENCH_ISA (a name of all_isas()). The canonical kernels come in three sets, portable, avx2
// and avx512, and give the same bits on all of them; the sets above, whose BF16 units add in an order of their own,
// serve policy native only (kernels/native_gemm), and everything canonical then runs avx512.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fp8bench {

// Ascending: each includes what the ones before it have.
enum class Isa { kPortable, kAvx2, kAvx512, kAvx512Bf16, kAmx };

std::span<const Isa> all_isas();
std::string_view isa_name(Isa isa);  // "portable", "avx2", "avx512", "avx512bf16", "amx"
// By this processor and operating system. For amx this asks Linux, once, to let the process use tile data.
bool isa_supported(Isa isa);
std::vector<Isa> supported_isas();  // ascending

// The set whose canonical kernels run under `isa`: avx512 for those above it, else itself.
Isa canonical_isa(Isa isa);
// The supported sets that have canonical kernels of their own: what a test of those iterates.
std::vector<Isa> canonical_isas();
// The set in use, and what the canonical kernels make of it where that differs: "avx2", "amx (canonical kernels:
// avx512)".
std::string isa_in_words();

// The set in use: set_isa() if called, else FP8BENCH_ISA, else the best supported.
// Throws std::invalid_argument for an unknown or unsupported name.
Isa active_isa();
void set_isa(Isa isa);

}  // namespace fp8bench
