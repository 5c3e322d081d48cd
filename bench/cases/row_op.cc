#include "bench/cases/row_op.h"

#include "bench/cases/checks.h"
#include "bench/cases/inputs.h"

namespace fp8bench {

BuiltCase build_row_op(const CaseSpec& spec, const CaseContext& context, RowOp op) {
  struct Rotation {
    RowOp op;
    std::vector<RowSet> sets;
  };
  const auto work = std::make_shared<Rotation>();
  const double set_bytes = 4.0 * static_cast<double>(op.rows * (op.in + op.out));
  const int sets = sets_to_rotate(context.environment, mode_of(spec), set_bytes);
  work->op = std::move(op);
  work->sets.resize(static_cast<size_t>(sets));
  for (size_t s = 0; s < work->sets.size(); ++s) {
    RowSet& set = work->sets[s];
    set.x = make_inputs(spec.choice("input"), work->op.rows, work->op.in, context.seed + s);
    set.y.resize(static_cast<size_t>(work->op.rows * work->op.out));
    set.codes.resize(set.y.size());
    set.scales.resize(static_cast<size_t>(work->op.rows));
  }
  BuiltCase built;
  built.sets = sets;
  built.cache_resident = fits_cache(context.environment, sets, set_bytes);
  built.bound = Bound::kMemory;
  for (const RowOp::Contender& contender : work->op.contenders) {
    const RowOp::Contender* c = &contender;  // lives in *work, which the closures keep
    built.contenders.push_back({.name = c->name,
                                .run = [work, c, sets](int i) { c->run(work->sets[static_cast<size_t>(i % sets)]); },
                                .check =
                                    [work, c, seed = context.seed](int s) {
                                      const RowSet& set = work->sets[static_cast<size_t>(s)];
                                      return check_rows(work->op.rows, work->op.out, work->op.rows <= kFewTokens, seed,
                                                        [&](int64_t row) { return c->judge(set, row); });
                                    },
                                .amount = {.bytes = c->bytes_per_row * static_cast<double>(work->op.rows), .flop = 0.0},
                                .unit = ComputeUnit::kNone,
                                .zero_share = c->zero_share});
  }
  return built;
}

}  // namespace fp8bench
