// fp8bench --suite dense: the dense linear layers, from one token to a prefill, with and without the quantization step.
#include "bench/cases/shape_suite.h"
#include "bench/suites/suite.h"

namespace fp8bench {

std::function<int()> add_dense_suite(CLI::App& app, const CommonOptions& common) {
  return add_shape_suite(app, common, "dense");
}

}  // namespace fp8bench
