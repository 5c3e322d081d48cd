// The GEMMs of policy native: the processor's BF16 units (AMX tiles, AVX-512 dot products) over the same packed weights
// as gemm.h. x is rounded to BF16 (exact for E4M3 codes and for what the policy has already rounded), E4M3 weights
// widen to BF16 exactly, so every product is exact; sums are float32 in the unit's own order, which is not the
// canonical one:
//   |native - exact| <= native_gemm_tolerance, from k and the unit's roundings (subnormals count as zero there).
// Never used under policies f32 and bf16: their bits are the same on every machine, these are not.
//
// Arithmetic of the units (Intel SDM volume 2, VDPBF16PS and TDPBF16PS): every operand subnormal reads as zero, every
// result is rounded to nearest even and flushed to zero below 2^-126, MXCSR plays no part.
//   VDPBF16PS: acc = fma(x1, w1, acc); acc = fma(x0, w0, acc), the higher element of the pair first.
//   TDPBF16PS: two chains from zero over the pairs of the tile, one for even and one for odd elements, whose sum is
//   added to acc.
// On the dot-product unit an output's bits depend on its own row and column only; on tiles also on how many rows there
// are, because few run on the dot-product unit.
#pragma once
#include <string_view>

#include "kernels/gemm/gemm.h"
#include "kernels/grouped_gemm/grouped_gemm.h"

namespace fp8bench {

// "amx", "avx512bf16", or "" where the active instruction set has no such unit: then gemm_native runs gemm.
std::string_view native_unit();

// Float32 weights have no BF16 form: those run gemm as well.
void gemm_native(const GemmArgs& args);
void grouped_gemm_native(const GroupedGemmArgs& args);

// gamma_(k+6) * sum |x w|, for at most k + 4 roundings on a path through either unit and one per scale;
// + sum |x - bf16(x)| |w|, the rounding of x; + what flushing can lose. All times |scales|. Holds for gemm as well.
double native_gemm_tolerance(const GemmArgs& args, int64_t row, int64_t col);

}  // namespace fp8bench
