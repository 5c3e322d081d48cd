#include "bench/cases/onednn.h"

#include "harness/io/error.h"

#ifdef FP8BENCH_ONEDNN
#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>
#include <vector>

#include "kernels/bf16.h"
#include "kernels/native_gemm/native_gemm.h"
#include "kernels/parallel.h"

extern "C" void omp_set_num_threads(int threads);  // of the OpenMP library that oneDNN runs on

namespace fp8bench {

std::string onednn_absent() { return ""; }

bool OneDnnLinear::uses_bf16() { return !native_unit().empty(); }

namespace {

using Type = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

dnnl::engine& cpu() {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

// Rows as oneDNN reads them: BF16 or float32.
std::vector<std::byte> rows_of(const float* values, int64_t count, Type type) {
  std::vector<std::byte> bytes(static_cast<size_t>(count) * (type == Type::bf16 ? 2 : 4));
  for (int64_t i = 0; i < count; ++i) {
    if (type == Type::bf16)
      reinterpret_cast<uint16_t*>(bytes.data())[i] = f32_to_bf16(values[i]);
    else
      reinterpret_cast<float*>(bytes.data())[i] = values[i];
  }
  return bytes;
}

// Panels [k][16] back into rows (n, k).
std::vector<float> unpacked(const PackedMatrix& w) {
  std::vector<float> rows(static_cast<size_t>(w.n * w.k));
  const auto* panels = reinterpret_cast<const uint16_t*>(w.panels.data());
  parallel_for(w.n, 16, [&](int64_t begin, int64_t end) {
    for (int64_t j = begin; j < end; ++j)
      for (int64_t k = 0; k < w.k; ++k)
        rows[j * w.k + k] = bf16_to_f32(panels[(j / kPanel * w.k + k) * kPanel + j % kPanel]);
  });
  return rows;
}

}  // namespace

struct OneDnnLinear::State {
  State(const PackedMatrix& w, const float* x, int64_t tokens, float* y) : stream(cpu()) {
    const Type type = uses_bf16() ? Type::bf16 : Type::f32;
    const dnnl::memory::desc x_desc({tokens, w.k}, type, Tag::ab), y_desc({tokens, w.n}, Type::f32, Tag::ab);
    const dnnl::memory::desc any({w.n, w.k}, type, Tag::any), plain({w.n, w.k}, type, Tag::ab);
    const dnnl::inner_product_forward::primitive_desc chosen(
        dnnl::inner_product_forward::desc(dnnl::prop_kind::forward_inference, x_desc, any, y_desc), cpu());
    inputs = rows_of(x, tokens * w.k, type);
    std::vector<std::byte> rows = rows_of(unpacked(w).data(), w.n * w.k, type);
    dnnl::memory as_rows(plain, cpu(), rows.data()), weights(chosen.weights_desc(), cpu());
    dnnl::reorder(as_rows, weights).execute(stream, as_rows, weights);
    stream.wait();
    arguments = {{DNNL_ARG_SRC, dnnl::memory(x_desc, cpu(), inputs.data())},
                 {DNNL_ARG_WEIGHTS, weights},
                 {DNNL_ARG_DST, dnnl::memory(y_desc, cpu(), y)}};
    product = dnnl::inner_product_forward(chosen);
  }

  dnnl::stream stream;
  std::vector<std::byte> inputs;
  std::unordered_map<int, dnnl::memory> arguments;
  dnnl::inner_product_forward product;
};

OneDnnLinear::OneDnnLinear(const PackedMatrix& weights, const float* x, int64_t tokens, float* y) {
  if (weights.dtype != DType::kBF16) throw InputError("onednn: expected BF16 weights");
  omp_set_num_threads(thread_count());
  state_ = std::make_unique<State>(weights, x, tokens, y);
}

void OneDnnLinear::run() {
  state_->product.execute(state_->stream, state_->arguments);
  state_->stream.wait();
}

}  // namespace fp8bench

#else

namespace fp8bench {

std::string onednn_absent() { return "built without oneDNN (Debian: libdnnl-dev)"; }
bool OneDnnLinear::uses_bf16() { return false; }
struct OneDnnLinear::State {};
OneDnnLinear::OneDnnLinear(const PackedMatrix&, const float*, int64_t, float*) { throw InputError(onednn_absent()); }
void OneDnnLinear::run() {}

}  // namespace fp8bench

#endif

namespace fp8bench {

OneDnnLinear::~OneDnnLinear() = default;
OneDnnLinear::OneDnnLinear(OneDnnLinear&&) noexcept = default;
OneDnnLinear& OneDnnLinear::operator=(OneDnnLinear&&) noexcept = default;

}  // namespace fp8bench
