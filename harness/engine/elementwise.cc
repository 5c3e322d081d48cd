#include "harness/engine/elementwise.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "kernels/isa.h"
#include "kernels/parallel.h"

namespace fp8bench {
namespace {

constexpr int64_t kGrain = 16384;  // elements worth a thread

template <typename Body>
void for_elements(int64_t count, const Body& body) {
  parallel_for(count, kGrain, body);
}

template <typename Body>
void for_rows(const Rows& x, const Body& body) {
  parallel_for(x.rows, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, x.width)), body);
}

// One token's experts, added in rank order.
template <typename Fma>
inline void combine_token(const Rows& x, const int64_t* where, const float* weight, int64_t top_k, float* out,
                          Fma fma) {
  std::fill(out, out + x.width, 0.0f);
  for (int64_t r = 0; r < top_k; ++r) {
    const float* expert = x.row(where[r]);
    const float w = weight[r];
    for (int64_t c = 0; c < x.width; ++c) out[c] = fma(w, expert[c], out[c]);
  }
}

void combine_portable(const Rows& x, const int64_t* where, const float* weight, int64_t top_k, float* out) {
  combine_token(x, where, weight, top_k, out, [](float a, float b, float c) { return std::fma(a, b, c); });
}

#if defined(__x86_64__) && defined(__GNUC__)
// Without the target attribute every fma is a call into the C library; the result is the same.
__attribute__((target("avx2,fma"))) void combine_fma(const Rows& x, const int64_t* where, const float* weight,
                                                     int64_t top_k, float* out) {
  const int64_t width = x.width;
  std::memset(out, 0, static_cast<size_t>(width) * sizeof(float));
  for (int64_t r = 0; r < top_k; ++r) {
    const float* __restrict expert = x.data + where[r] * width;
    float* __restrict sum = out;
    const float w = weight[r];
    for (int64_t c = 0; c < width; ++c) sum[c] = __builtin_fmaf(w, expert[c], sum[c]);
  }
}
#else
constexpr auto combine_fma = combine_portable;
#endif

}  // namespace

void add_rows(const Rows& a, const Rows& b, const Rows& out) {
  for_elements(a.size(), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) out.data[i] = a.data[i] + b.data[i];
  });
}

void scale_all(const Rows& x, float factor) {
  for_elements(x.size(), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) x.data[i] *= factor;
  });
}

void scale_columns(const Rows& x, const float* factors, float then) {
  for_rows(x, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      float* row = x.row(r);
      for (int64_t c = 0; c < x.width; ++c) row[c] = (row[c] * factors[c]) * then;
    }
  });
}

void scale_each_row(const Rows& x, const float* factors) {
  for_rows(x, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      float* row = x.row(r);
      for (int64_t c = 0; c < x.width; ++c) row[c] *= factors[r];
    }
  });
}

void copy_rows(const Rows& x, const Rows& out) {
  for_elements(x.size(), [&](int64_t begin, int64_t end) {
    std::memcpy(out.data + begin, x.data + begin, static_cast<size_t>(end - begin) * sizeof(float));
  });
}

void gather_rows(const Rows& x, const int64_t* source, const Rows& out) {
  for_rows(out, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r)
      std::memcpy(out.row(r), x.row(source[r]), static_cast<size_t>(out.width) * sizeof(float));
  });
}

void combine_ranked(const Rows& x, const int64_t* where, const float* weight, int64_t top_k, const Rows& out) {
  const auto combine = active_isa() == Isa::kPortable ? combine_portable : combine_fma;
  for_rows(out, [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) combine(x, where + t * top_k, weight + t * top_k, top_k, out.row(t));
  });
}

uint64_t mix64(uint64_t value) {
  value += 0x9E3779B97F4A7C15u;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
  return value ^ (value >> 31);
}

void perturb_rows(const Rows& x, const uint64_t* keys, uint32_t last_place) {
  for_rows(x, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      float* row = x.row(r);
      for (int64_t c0 = 0; c0 < x.width; c0 += 64) {  // one hash gives 64 columns their direction
        const uint64_t hash = mix64(keys[r] + static_cast<uint64_t>(c0));
        const int64_t count = std::min<int64_t>(64, x.width - c0);
        for (int64_t c = 0; c < count; ++c) {
          const uint32_t bits = std::bit_cast<uint32_t>(row[c0 + c]);
          const uint32_t step = ((hash >> c) & 1u) != 0 ? last_place : 0u - last_place;
          if ((bits & 0x7FFFFFFFu) != 0) row[c0 + c] = std::bit_cast<float>(bits + step);
        }
      }
    }
  });
}

}  // namespace fp8bench
