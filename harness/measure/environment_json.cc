#include "harness/measure/environment_json.h"

namespace fp8bench {

nlohmann::json to_json(const Environment& e) {
  return {{"cpu", e.cpu},
          {"threads", e.logical_cpus},
          {"isa", e.isa},
          {"isa_best", e.isa_best},
          {"memory_bytes", e.memory_bytes},
          {"l1_bytes", e.cache_l1_bytes},
          {"l2_bytes", e.cache_l2_bytes},
          {"l3_bytes", e.cache_l3_bytes},
          {"l3_count", e.l3_count},
          {"kernel", e.kernel},
          {"compiler", e.compiler},
          {"version", e.version},
          {"revision", e.revision},
          {"host",
           {{"pinned", e.host.pinned},
            {"governor", e.host.governor},
            {"turbo", e.host.turbo},
            {"threads_per_core", e.host.smt},
            {"numa_nodes", e.host.numa_nodes},
            {"virtualization", e.host.virtualization},
            {"load_average", e.host.load_average}}},
          {"key", e.machine_key}};
}

nlohmann::json to_json(const Ceilings& ceilings) {
  nlohmann::json all = nlohmann::json::object();
  for (const Ceiling& figure : ceilings.all)
    all[figure.name] = {{"value", figure.value}, {"spread", figure.spread}, {"unit", figure.unit}};
  return all;
}

nlohmann::json held_to_json(const Ceilings& ceilings) {
  return {{"read_gb_s", ceilings.read_gb_s},
          {"fma_gflop_s", ceilings.fma_gflop_s},
          {"bf16_gflop_s", ceilings.bf16_gflop_s}};
}

}  // namespace fp8bench
