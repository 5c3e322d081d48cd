// GPUs through the CUDA runtime. Every error here means "no such GPU": a program that only lists devices must not fail
// because a driver is missing, too old, or busy.
#include <cuda_runtime_api.h>

#include "kernels/device/devices.h"

namespace fp8bench {

std::vector<Device> cuda_devices() {
  int count = 0;
  if (cudaGetDeviceCount(&count) != cudaSuccess) {
    cudaGetLastError();  // or the next caller of the runtime would be handed this error
    return {};
  }
  std::vector<Device> gpus;
  for (int i = 0; i < count; ++i) {
    cudaDeviceProp properties{};
    if (cudaGetDeviceProperties(&properties, i) != cudaSuccess) {
      cudaGetLastError();
      continue;
    }
    gpus.push_back({"cuda:" + std::to_string(i), properties.name,
                    "sm_" + std::to_string(properties.major) + std::to_string(properties.minor),
                    static_cast<int64_t>(properties.totalGlobalMem)});
  }
  return gpus;
}

}  // namespace fp8bench
