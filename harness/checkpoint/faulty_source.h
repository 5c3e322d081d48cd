// faulty(source, fault) with a say in where the fault goes: what makes an expert busy or cold is known to the data, not
// here.
#pragma once
#include <cstdint>
#include <string>

#include "harness/checkpoint/tensor_source.h"

namespace fp8bench {

struct FaultTarget {
  int64_t layer = -1;        // -1: the middle one of the layers that have what the fault needs
  int64_t expert = -1;       // the busy expert; -1: 1
  int64_t cold_expert = -1;  // -1: the last one
  double size = 0;           // in the unit of the fault's row (faults.h); 0: as the fault's name says
};

TensorSourcePtr faulty(TensorSourcePtr source, const std::string& fault, TensorSourcePtr bf16_source,
                       const FaultTarget& target);

}  // namespace fp8bench
