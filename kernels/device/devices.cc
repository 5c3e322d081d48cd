#include "kernels/device/devices.h"

#include <unistd.h>

#include "kernels/isa.h"
#include "kernels/parallel.h"

namespace fp8bench {
namespace {

Device processor() {
  Device cpu{"cpu", std::to_string(thread_count()) + " processors", "", 0};
  for (const Isa isa : supported_isas()) {
    if (!cpu.capability.empty()) cpu.capability += ' ';
    cpu.capability += isa_name(isa);
  }
  cpu.memory_bytes = static_cast<int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE);
  return cpu;
}

}  // namespace

std::vector<Device> devices() {
  std::vector<Device> all = {processor()};
#if defined(FP8BENCH_HAS_CUDA)
  for (Device& gpu : cuda_devices()) all.push_back(std::move(gpu));
#endif
  return all;
}

}  // namespace fp8bench
