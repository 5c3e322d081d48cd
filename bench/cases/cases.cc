#include "bench/cases/cases.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace fp8bench {
namespace {

constexpr std::array kOps = {&kGemmOp,    &kGroupedGemmOp, &kMoeLayerOp,  &kAttentionOp, &kRouterOp,
                             &kRmsNormOp, &kQuantizeOp,    &kRopeOp,      &kGeluMulOp,   &kHeadOp,
                             &kPpOp,      &kTgOp,          &kDivergenceOp};

// Sums of bytes that a rotation aims at, whatever the processor says of its caches: virtual machines report the host's.
constexpr double kLeastRotation = 64e6, kMostRotation = 512e6;
constexpr int kMostSets = 256;

double rotation_bytes(const Environment& environment) {
  return std::clamp(2.0 * static_cast<double>(environment.cache_l3_bytes), kLeastRotation, kMostRotation);
}

// Contenders of one sample run one after the other. Where two of them read the same weights, the second would find them
// in the cache: each starts at another place of the rotation.
void spread_over_rotation(BuiltCase& built) {
  const int sets = built.sets, count = static_cast<int>(built.contenders.size());
  for (int c = 1; c < count; ++c) {
    Contender& contender = built.contenders[static_cast<size_t>(c)];
    const int offset = c * sets / count;
    contender.run = [run = contender.run, sets, offset](int i) { run((i % sets + offset) % sets); };
    contender.check = [check = contender.check, sets, offset](int set) { return check((set + offset) % sets); };
  }
}

}  // namespace

std::span<const Op* const> ops() { return kOps; }

const Op* find_op(std::string_view name) {
  const auto found = std::find_if(kOps.begin(), kOps.end(), [&](const Op* op) { return op->name == name; });
  return found == kOps.end() ? nullptr : *found;
}

BuiltCase build_case(const CaseSpec& spec, const CaseContext& context) {
  BuiltCase built = find_op(spec.op)->build(spec, context);
  built.mode = mode_of(spec);
  // Contenders that were not asked for go; the order of the operation's own file stays.
  std::erase_if(built.contenders, [&](const Contender& c) { return !spec.has("contenders", c.name); });
  std::erase_if(built.absent, [&](const auto& absent) { return !spec.has("contenders", absent.first); });
  built.facts["sets"] = built.sets;
  spread_over_rotation(built);
  return built;
}

Mode mode_of(const CaseSpec& spec) {
  const std::string& mode = spec.choice("mode");
  return mode == "hot" ? Mode::kHot : mode == "cold" ? Mode::kCold : Mode::kRotate;
}

bool is_native(const CaseSpec& spec) { return spec.choice("accumulate") == "native"; }

ComputeUnit unit_of(bool native) { return native ? ComputeUnit::kNative : ComputeUnit::kFma; }

Bound bound_of(int64_t tokens) { return tokens <= kFewTokens ? Bound::kMemory : Bound::kCompute; }

int sets_to_rotate(const Environment& environment, Mode mode, double bytes) {
  if (mode != Mode::kRotate) return 1;
  return std::clamp(static_cast<int>(std::ceil(rotation_bytes(environment) / bytes)), 2, kMostSets);
}

bool fits_cache(const Environment& environment, int sets, double bytes) {
  return sets * bytes <
         std::clamp(static_cast<double>(environment.cache_l3_bytes), kLeastRotation / 2, kMostRotation / 2);
}

}  // namespace fp8bench
