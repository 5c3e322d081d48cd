// The small ops between the kernels. Each output element has one documented expression, so threads and instruction sets
// cannot change bits.
#pragma once
#include <cstdint>
#include <span>

#include "harness/engine/workspace.h"

namespace fp8bench {

void add_rows(const Rows& a, const Rows& b, const Rows& out);         // out = a + b
void scale_all(const Rows& x, float factor);                          // x *= factor
void scale_columns(const Rows& x, const float* factors, float then);  // x[r,c] = (x[r,c] * factors[c]) * then
void scale_each_row(const Rows& x, const float* factors);             // x[r,c] *= factors[r]
void copy_rows(const Rows& x, const Rows& out);
// out[i] = x[source[i]]
void gather_rows(const Rows& x, const int64_t* source, const Rows& out);
// out[t,c] = m after m = fma(weight[t,r], x[where[t,r], c], m) for r = 0 .. top_k-1 in rank order, from m = 0.
void combine_ranked(const Rows& x, const int64_t* where, const float* weight, int64_t top_k, const Rows& out);

// A 64-bit mixing step (splitmix64's finalizer), the hash behind every seeded choice of the engine.
uint64_t mix64(uint64_t value);

// Every element moves by one unit in its last place, away from or towards zero, by a hash of (keys[row], column). Zeros
// stay. `last_place` is the unit as float32 bits: 1 for float32, 0x10000 for BF16.
void perturb_rows(const Rows& x, const uint64_t* keys, uint32_t last_place);

}  // namespace fp8bench
