// fp8bench --suite attention: sliding and full layers, decode and prefill, over the types of the KV cache.
#include "bench/cases/shape_suite.h"
#include "bench/suites/suite.h"

namespace fp8bench {

std::function<int()> add_attention_suite(CLI::App& app, const CommonOptions& common) {
  return add_shape_suite(app, common, "attention");
}

}  // namespace fp8bench
