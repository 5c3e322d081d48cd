#include "bench/cases/named_shapes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "harness/checkpoint/synthetic_variants.h"
#include "harness/io/error.h"

namespace fp8bench {
namespace {

using Values = std::vector<std::pair<std::string, int64_t>>;
using Variant = SyntheticVariant;

int64_t full_kv_heads(const Variant& v) { return v.global_kv_heads > 0 ? v.global_kv_heads : v.kv_heads; }

Values linear(int64_t n, int64_t k) { return {{"n", n}, {"k", k}}; }
Values attention(const Variant& v, int64_t kv_heads, int64_t head_dim, int64_t window) {
  return {{"heads", v.heads}, {"kv_heads", kv_heads}, {"head_dim", head_dim}, {"window", window}};
}
Values moe(const Variant& v, Values sizes) {
  sizes.insert(sizes.end(), {{"experts", v.experts}, {"top_k", v.top_k}});
  return sizes;
}

struct Part {
  std::string_view op, name;
  bool moe;  // only of models with experts
  Values (*values)(const Variant&);
};

// The visible table of parts.
constexpr std::array kParts = {
    Part{"gemm", "sliding.q", false, [](const Variant& v) { return linear(v.heads * v.head_dim, v.hidden); }},
    Part{"gemm", "sliding.k", false, [](const Variant& v) { return linear(v.kv_heads * v.head_dim, v.hidden); }},
    Part{"gemm", "sliding.v", false, [](const Variant& v) { return linear(v.kv_heads * v.head_dim, v.hidden); }},
    Part{"gemm", "sliding.o", false, [](const Variant& v) { return linear(v.hidden, v.heads * v.head_dim); }},
    Part{"gemm", "full.q", false, [](const Variant& v) { return linear(v.heads * v.global_head_dim, v.hidden); }},
    Part{"gemm", "full.k", false,
         [](const Variant& v) { return linear(full_kv_heads(v) * v.global_head_dim, v.hidden); }},
    Part{"gemm", "full.o", false, [](const Variant& v) { return linear(v.hidden, v.heads * v.global_head_dim); }},
    Part{"gemm", "dense.gate_up", false, [](const Variant& v) { return linear(2 * v.ffn, v.hidden); }},
    Part{"gemm", "dense.down", false, [](const Variant& v) { return linear(v.hidden, v.ffn); }},
    Part{"grouped_gemm", "expert.gate_up", true,
         [](const Variant& v) {
           return moe(v, {{"n", 2 * v.moe_ffn}, {"k", v.hidden}});
         }},
    Part{"grouped_gemm", "expert.down", true,
         [](const Variant& v) {
           return moe(v, {{"n", v.hidden}, {"k", v.moe_ffn}, {"gather", 0}});
         }},
    Part{"moe_layer", "moe", true,
         [](const Variant& v) {
           return moe(v, {{"hidden", v.hidden}, {"ffn", v.moe_ffn}});
         }},
    Part{"router", "router", true,
         [](const Variant& v) {
           return moe(v, {{"hidden", v.hidden}});
         }},
    Part{"attention", "sliding", false,
         [](const Variant& v) { return attention(v, v.kv_heads, v.head_dim, v.window); }},
    Part{"attention", "full", false,
         [](const Variant& v) { return attention(v, full_kv_heads(v), v.global_head_dim, 0); }},
    Part{"rope", "sliding", false,
         [](const Variant& v) {
           return Values{{"heads", v.heads}, {"head_dim", v.head_dim}, {"rotated", v.head_dim / 2}};
         }},
    Part{"rope", "full", false,
         [](const Variant& v) {
           return Values{{"heads", v.heads}, {"head_dim", v.global_head_dim}, {"rotated", v.global_head_dim / 8}};
         }},
    Part{"rmsnorm", "hidden", false,
         [](const Variant& v) {
           return Values{{"width", v.hidden}};
         }},
    Part{"quantize", "hidden", false,
         [](const Variant& v) {
           return Values{{"width", v.hidden}};
         }},
    Part{"gelu_mul", "dense", false,
         [](const Variant& v) {
           return Values{{"width", v.ffn}};
         }},
    Part{"gelu_mul", "expert", true,
         [](const Variant& v) {
           return Values{{"width", v.moe_ffn}};
         }},
    Part{"head", "head", false,
         [](const Variant& v) {
           return Values{{"vocab", v.vocab}, {"hidden", v.hidden}};
         }},
};

bool has_part(const Variant& variant, const Part& part) { return !part.moe || variant.experts > 0; }

}  // namespace

bool has_named_shapes(std::string_view op) {
  return std::any_of(kParts.begin(), kParts.end(), [&](const Part& part) { return part.op == op; });
}

std::vector<std::pair<std::string, int64_t>> named_shape(std::string_view op, const std::string& shape) {
  const size_t slash = std::min(shape.find('/'), shape.size());
  const std::string model = shape.substr(0, slash), name = slash < shape.size() ? shape.substr(slash + 1) : "";
  std::vector<std::string_view> models, parts;
  for (const Variant& variant : synthetic_variants()) {
    models.push_back(variant.name);
    if (variant.name != model) continue;
    for (const Part& part : kParts) {
      if (part.op != op || !has_part(variant, part)) continue;
      if (part.name == name) return part.values(variant);
      parts.push_back(part.name);
    }
    throw InputError(
        fmt::format("expected {}/ and one of {} for op {}, found \"{}\"", model, fmt::join(parts, ", "), op, shape));
  }
  throw InputError(fmt::format("expected MODEL/PART with a model of {}, found \"{}\"", fmt::join(models, ", "), shape));
}

std::vector<std::pair<std::string, std::string>> list_named_shapes() {
  std::vector<std::pair<std::string, std::string>> list;
  for (const Variant& variant : synthetic_variants())
    for (const Part& part : kParts) {
      if (!has_part(variant, part)) continue;
      std::string about = fmt::format("op={}", part.op);
      for (const auto& [axis, value] : part.values(variant)) about += fmt::format(" {}={}", axis, value);
      const std::string name = fmt::format("{}/{}", variant.name, part.name);
      const auto same = std::find_if(list.begin(), list.end(), [&](const auto& entry) { return entry.first == name; });
      if (same == list.end())
        list.emplace_back(name, about);
      else
        same->second += "; " + about;
    }
  return list;
}

}  // namespace fp8bench
