// Compiled once per BF16 unit with that unit's flags, in a namespace of its own (kernels/CMakeLists.txt):
// FP8BENCH_NATIVE_UNIT its name, FP8BENCH_NATIVE_TILES whether it has tiles, FP8BENCH_NATIVE_VBMI byte permutes.
#include "kernels/native_gemm/dot_unit.h"
#include "kernels/native_gemm/native_kernel.h"
#if FP8BENCH_NATIVE_TILES
#include "kernels/native_gemm/tile_blocks.h"
#include "kernels/native_gemm/tile_unit.h"
#else
#include "kernels/native_gemm/blocks.h"
#endif

namespace fp8bench::FP8BENCH_ISA_NS {
namespace {

template <class Codec>
void block_of(const NativeBlock& g) {
#if FP8BENCH_NATIVE_TILES
  tile_block<TileUnit, DotUnit, Codec>(g);
#else
  dot_block<DotUnit, Codec>(g);
#endif
}

void block(const NativeBlock& g) {
  if (g.rows == 0 || g.cols == 0) return;
  if (g.e4m3)
    block_of<PairsE4M3>(g);
  else
    block_of<PairsBF16>(g);
}

}  // namespace

extern const NativeKernel native_kernel;
#if FP8BENCH_NATIVE_TILES
const NativeKernel native_kernel = {FP8BENCH_NATIVE_UNIT, DotUnit::round_row, block, kFewRows,
                                    kTileBlockRows,       2 * kTileRows,      2};
#else
const NativeKernel native_kernel = {FP8BENCH_NATIVE_UNIT, DotUnit::round_row, block,     kFewRows,
                                    kDotBlockRows,        kDotRows,           kDotPanels};
#endif

}  // namespace fp8bench::FP8BENCH_ISA_NS
