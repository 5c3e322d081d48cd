// Transcendentals of the canonical numeric policy: written out with +, *, / and explicit fma only, so that every
// instruction set, compiler and device gives the same bits. Never the C library's, which differ between machines.
// Errors (measured exhaustively or on dense grids in tests/kernels/canonical_math_test.cc) are stated beside each.
#pragma once
#include <cstdint>

namespace fp8bench {

float canonical_exp(float x);                                   // <= 0.82 ulp (1 if subnormal); exp(-inf) = 0
float canonical_tanh(float x);                                  // <= 0.86 ulp
double canonical_exp(double x);                                 // <= 1 ulp
void canonical_exp(const double* x, double* y, int64_t count);  // the same for each element; y may be x
double canonical_log(double x);                                 // <= 1 ulp; x > 0
double canonical_sin(double x);                                 // |x| <= 2^24 radians, absolute error <= 1e-15
double canonical_cos(double x);

}  // namespace fp8bench
