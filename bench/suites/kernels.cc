// fp8bench --suite kernels: every operation of a layer at 26B-A4B's shapes.
#include "bench/cases/shape_suite.h"
#include "bench/suites/suite.h"

namespace fp8bench {

std::function<int()> add_kernels_suite(CLI::App& app, const CommonOptions& common) {
  return add_shape_suite(app, common, "kernels");
}

}  // namespace fp8bench
