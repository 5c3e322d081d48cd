// gemm_native and grouped_gemm_native with a given unit: what the tests drive with a software one.
#pragma once
#include <string_view>
#include <vector>

#include "kernels/native_gemm/native_gemm.h"
#include "kernels/native_gemm/native_kernel.h"

namespace fp8bench {

// Of the active instruction set; null where it has no BF16 unit.
const NativeKernel* native_kernel();

// A unit this processor can run, whatever set is active. One unit may have several variants.
struct NativeVariant {
  std::string_view name;
  const NativeKernel* kernel;
};
std::vector<NativeVariant> supported_native_variants();

// BF16 or E4M3 weights only.
void gemm_native(const NativeKernel& kernel, const GemmArgs& args);
void grouped_gemm_native(const NativeKernel& kernel, const GroupedGemmArgs& args);

}  // namespace fp8bench
