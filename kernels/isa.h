// Instruction sets. One binary holds every kernel once per set; the set is chosen at run time from cpuid, or by the
// environment variable FP8BENCH_ISA (portable, avx2, avx512). The canonical kernels give the same bits on all of them.
#pragma once
#include <string_view>
#include <vector>

namespace fp8bench {

enum class Isa { kPortable, kAvx2, kAvx512 };

std::string_view isa_name(Isa isa);
bool isa_supported(Isa isa);        // by this processor and operating system
std::vector<Isa> supported_isas();  // ascending
// The set in use: set_isa() if called, else FP8BENCH_ISA, else the best supported.
// Throws std::invalid_argument for an unknown or unsupported name.
Isa active_isa();
void set_isa(Isa isa);

}  // namespace fp8bench
