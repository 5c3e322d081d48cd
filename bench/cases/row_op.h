// Operations that map rows of activations to rows, with nothing but a few vectors besides: the same rotation, amounts
// and bounds for all of them.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/cases/cases.h"

namespace fp8bench {

struct RowSet {
  std::vector<float> x;                 // (rows, in)
  std::vector<float> y, codes, scales;  // of the last run: (rows, out), (rows, out), (rows)
};

struct RowOp {
  int64_t rows = 0, in = 0, out = 0;  // widths
  struct Contender {
    std::string name;
    std::function<void(RowSet& set)> run;
    std::function<double(const RowSet& set, int64_t row)> judge;  // worst of the row, in units of the tolerance
    double bytes_per_row = 0.0;                                   // read and written
    double zero_share = 0.0;
  };
  std::vector<Contender> contenders;
};

BuiltCase build_row_op(const CaseSpec& spec, const CaseContext& context, RowOp op);

}  // namespace fp8bench
