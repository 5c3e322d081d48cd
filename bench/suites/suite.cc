// The visible table of suites. A new one is one file and one line here.
#include "bench/suites/suite.h"

#include <algorithm>
#include <array>

namespace fp8bench {
namespace {

constexpr std::array kSuites = {
    Suite{"moe", "the main job: audit, MoE kernels, divergence, routing and tasks of a BF16 and an FP8 checkpoint",
          add_moe_suite, false},
    Suite{"kernels", "every operation of a layer at 26B-A4B's shapes: BF16 against FP8, verified, then timed",
          add_kernels_suite, true},
    Suite{"dense", "the dense linear layers from one token to a prefill, with and without the quantization step",
          add_dense_suite, true},
    Suite{"attention", "sliding and full attention, decode and prefill, KV caches in BF16, FP8 and float32",
          add_attention_suite, true},
    Suite{"e2e", "prefill, decoding and divergence by the whole engine, in tokens a second and in every numeric policy",
          add_e2e_suite, true},
    Suite{"attribution", "which part of the model pays for FP8: one part at a time, and whether the parts add up",
          add_attribution_suite, false},
    Suite{"faults", "every fault of the registry against every detector: caught or not, and the size just caught",
          add_faults_suite, false},
};

}  // namespace

std::span<const Suite> suites() { return kSuites; }

const Suite* find_suite(std::string_view name) {
  const auto found =
      std::find_if(kSuites.begin(), kSuites.end(), [&](const Suite& suite) { return name == suite.name; });
  return found == kSuites.end() ? nullptr : &*found;
}

}  // namespace fp8bench
