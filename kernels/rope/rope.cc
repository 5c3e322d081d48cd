#include "kernels/rope/rope.h"

#include <algorithm>

#include "kernels/canonical_math.h"
#include "kernels/parallel.h"
#include "kernels/rope/rope_kernel.h"

namespace fp8bench {
namespace {

// cos and sin of every position from `first` on: heads share them, and so do the sequences of a batch.
struct AngleTable {
  int64_t first, pairs;
  std::vector<float> cosines, sines;  // (positions, pairs)
};

AngleTable angle_table(const RopeKernel& kernel, const RopeArgs& args, int64_t pairs, int64_t first, int64_t last) {
  AngleTable table{first, pairs, {}, {}};
  const int64_t count = last - first + 1;
  table.cosines.resize(static_cast<size_t>(count * pairs));
  table.sines.resize(static_cast<size_t>(count * pairs));
  parallel_for(count, (1 << 10) / pairs + 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      kernel.angles(static_cast<int32_t>(first + i), args.inv_freq.data(), pairs, table.cosines.data() + i * pairs,
                    table.sines.data() + i * pairs);
    }
  });
  return table;
}

void rotate_token(const RopeKernel& kernel, const RopeArgs& args, int64_t token, int64_t pairs, const float* cosines,
                  const float* sines) {
  for (int64_t head = 0; head < args.heads; ++head) {
    kernel.rotate(args.x + (token * args.heads + head) * args.head_dim, args.head_dim / 2, pairs, cosines, sines);
  }
}

}  // namespace

std::vector<float> rope_inv_freq(double theta, int64_t head_dim, int64_t rotated) {
  std::vector<float> inv_freq(static_cast<size_t>(head_dim / 2), 0.0f);
  const double log_theta = canonical_log(theta);
  for (int64_t i = 0; i < rotated; ++i) {
    // Every step is rounded to float32, as transformers does: exponent, power, reciprocal.
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(head_dim);
    const float power = static_cast<float>(canonical_exp(log_theta * static_cast<double>(exponent)));
    inv_freq[static_cast<size_t>(i)] = 1.0f / power;
  }
  return inv_freq;
}

void rope(const RopeArgs& args) {
  if (args.tokens == 0) return;
  int64_t pairs = args.head_dim / 2;
  while (pairs > 0 && args.inv_freq[static_cast<size_t>(pairs - 1)] == 0.0f) --pairs;
  if (pairs == 0) return;
  const RopeKernel& kernel = rope_kernel_for(active_isa());
  const auto [low, high] = std::minmax_element(args.positions, args.positions + args.tokens);
  const int64_t first = *low, last = *high;
  const int64_t grain = (1 << 14) / std::max<int64_t>(1, args.heads * pairs) + 1;
  if (last - first < 2 * args.tokens) {
    const AngleTable table = angle_table(kernel, args, pairs, first, last);
    parallel_for(args.tokens, grain, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t) {
        const int64_t at = (args.positions[t] - first) * pairs;
        rotate_token(kernel, args, t, pairs, table.cosines.data() + at, table.sines.data() + at);
      }
    });
    return;
  }
  parallel_for(args.tokens, grain, [&](int64_t begin, int64_t end) {  // positions far apart: a batch of decode steps
    std::vector<float> angles(static_cast<size_t>(2 * pairs));
    for (int64_t t = begin; t < end; ++t) {
      kernel.angles(args.positions[t], args.inv_freq.data(), pairs, angles.data(), angles.data() + pairs);
      rotate_token(kernel, args, t, pairs, angles.data(), angles.data() + pairs);
    }
  });
}

}  // namespace fp8bench
