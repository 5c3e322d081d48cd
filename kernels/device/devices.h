// The devices that this machine has: the processor always, GPUs if the program was built with CUDA and a driver is
// there.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace fp8bench {

struct Device {
  std::string id;          // "cpu", "cuda:0", as --device takes it
  std::string name;        // "4 processors", "NVIDIA L40S"
  std::string capability;  // instruction sets, ascending ("portable avx2"), or the architecture ("sm_89")
  int64_t memory_bytes = 0;
};

// The processor first. Never throws for want of a GPU: no driver is no GPU.
std::vector<Device> devices();

// The GPUs, in the order of the CUDA runtime. Defined only in builds with CUDA.
std::vector<Device> cuda_devices();

}  // namespace fp8bench
