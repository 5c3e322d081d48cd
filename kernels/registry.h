// The table of all kernels: every operation in every instruction set. The program's `list` and the tests iterate it.
#pragma once
#include <span>
#include <string_view>

#include "kernels/isa.h"

namespace fp8bench {

struct KernelInfo {
  std::string_view op;    // folder below kernels/
  std::string_view name;  // <op>.<weights>_<activations>_<instruction set>
  Isa isa;
  std::string_view dtype;  // of the weights, or of the data where there are none
  std::string_view summary;
};

std::span<const KernelInfo> kernels();

}  // namespace fp8bench
