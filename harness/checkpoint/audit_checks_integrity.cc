// I1 ... I10: the values.
#include <fmt/format.h>

#include <cmath>

#include "harness/checkpoint/audit_checks.h"

namespace fp8bench {
namespace {

using Member = Occurrences TensorFacts::*;

// One finding for each tensor in which something occurred, naming where first.
void judge(const AuditContext& context, Findings& findings, Member member, int64_t TensorFacts::*looked_at) {
  for (const TensorFacts& facts : context.facts) {
    findings.look(facts.*looked_at);
    const Occurrences& found = facts.*member;
    if (found.count > 0)
      findings.fail(fmt::format("{}: {} ({} in all)", facts.tensor->name, found.first, found.count), found.count);
  }
}

void i1_no_nan_codes(const AuditContext& context, Findings& findings) {
  judge(context, findings, &TensorFacts::nan_codes, &TensorFacts::code_rows);
}

void i2_sound_scales(const AuditContext& context, Findings& findings) {
  judge(context, findings, &TensorFacts::unsound_scales, &TensorFacts::scales);
}

void i3_row_maximum(const AuditContext& context, Findings& findings) {
  judge(context, findings, &TensorFacts::rows_without_largest, &TensorFacts::code_rows);
}

void i4_zero_rows(const AuditContext& context, Findings& findings) {
  judge(context, findings, &TensorFacts::wrong_zero_scales, &TensorFacts::zero_rows);
}

void i5_mantissas(const AuditContext& context, Findings& findings) {
  judge(context, findings, &TensorFacts::illegal_mantissas, &TensorFacts::scales);
}

bool is_derived(const TensorFacts& facts) {
  return facts.planned != nullptr && facts.planned->action != PlannedAction::kCopy;
}

void i6_rederived(const AuditContext& context, Findings& findings) {
  if (context.source == nullptr) return findings.not_run("needs --source");
  for (const TensorFacts& facts : context.facts) {
    if (!is_derived(facts) || !facts.comparison.compared) continue;  // a wrong dtype or shape is S2's and S3's
    findings.look();
    const Derivation derivation = derivation_of(facts);
    if (context.options.allowed.contains(derivation)) continue;
    const Occurrences& differing = facts.comparison.differing;
    findings.fail(fmt::format("{}: {}: {} ({} values in all)", facts.tensor->name, derivation_name(derivation),
                              differing.first, differing.count));
  }
}

void i7_error_bound(const AuditContext& context, Findings& findings) {
  if (context.source == nullptr) return findings.not_run("needs --source");
  judge(context, findings, &TensorFacts::beyond_bound, &TensorFacts::rows_compared);
  double signal = 0.0, noise = 0.0;
  for (const TensorFacts& facts : context.facts) signal += facts.signal, noise += facts.noise;
  if (signal > 0.0 && noise > 0.0)
    findings.note(fmt::format("SQNR of a sample of rows: {:.1f} dB (about 31.5 for Gaussian weights)",
                              10.0 * std::log10(signal / noise)));
}

void i8_gate_and_up(const AuditContext& context, Findings& findings) {
  if (context.source == nullptr) return findings.not_run("needs --source");
  for (const TensorFacts& facts : context.facts) {
    if (facts.tensor->name.find("gate_proj.weight") == std::string::npos &&
        facts.tensor->name.find("up_proj.weight") == std::string::npos)
      continue;
    findings.look(facts.rows_compared);
    if (facts.other_half.count > 0)
      findings.fail(fmt::format("{}: {} of the source ({} rows in all)", facts.tensor->name, facts.other_half.first,
                                facts.other_half.count),
                    facts.other_half.count);
  }
}

void i9_fingerprint(const AuditContext& context, Findings& findings) {
  CodeCounts sum;
  int64_t codes = 0;
  for (const TensorFacts& facts : context.facts) {
    if (!context.is_fp8(*facts.tensor)) continue;
    findings.look();
    sum.zero += facts.codes.zero, sum.subnormal += facts.codes.subnormal, sum.largest += facts.codes.largest;
    codes += facts.tensor->elements();
  }
  if (codes == 0) return findings.not_run("no F8_E4M3 tensor");
  const auto percent = [&](int64_t count) { return 100.0 * static_cast<double>(count) / static_cast<double>(codes); };
  findings.note(fmt::format("codes: {:.3f} % zero, {:.3f} % subnormal, {:.3f} % +-448", percent(sum.zero),
                            percent(sum.subnormal), percent(sum.largest)));
}

void i10_manifest(const AuditContext& context, Findings& findings) {
  if (context.manifest.empty()) return findings.not_run("asked for with --hash");
  findings.look(static_cast<int64_t>(context.manifest.size()));
  findings.note(fmt::format("sha256 of {} tensors in the JSON report", context.manifest.size()));
}

constexpr Check kChecks[] = {
    {"I1", "no NaN code (0x7F, 0xFF)", true, i1_no_nan_codes},
    {"I2", "no NaN, infinite, negative, zero or subnormal scale", true, i2_sound_scales},
    {"I3", "every row that is not zero reaches +-448", true, i3_row_maximum},
    {"I4", "every zero row has the scale 0x3C00", true, i4_zero_rows},
    {"I5", "every scale is bf16(amax / 448) of some amax", true, i5_mantissas},
    {"I6", "codes and scales equal the re-derivation from the source", true, i6_rederived},
    {"I7", "no weight is off by more than the rounding allows", true, i7_error_bound},
    {"I8", "gate and up are not exchanged", true, i8_gate_and_up},
    {"I9", "shares of zero, subnormal and largest codes", false, i9_fingerprint},
    {"I10", "sha256 of every tensor", false, i10_manifest},
};

}  // namespace

std::span<const Check> integrity_checks() { return kChecks; }

}  // namespace fp8bench
