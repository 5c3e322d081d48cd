#include "bench/comparison/sensitivity.h"

#include <fmt/format.h>

#include "harness/engine/bundled.h"
#include "harness/io/error.h"
#include "harness/io/text_file.h"

namespace fp8bench {
namespace {

using nlohmann::json;

std::filesystem::path file() { return bundled_path() / "sensitivity.json"; }

// The smallest size of one scale's error that the derivation audit caught, in steps of BF16.
double audit_steps(const json& content) {
  double smallest = 0;
  for (const json& row : content.at("candidates"))
    if (row.at("fault") == "scale-off-by-one" && row.at("size") != 0.0 &&
        row.at("findings").at("derivation") == "caught" && (smallest == 0 || row.at("size") < smallest))
      smallest = row.at("size");
  return smallest;
}

}  // namespace

void record_sensitivity(const json& content) {
  const json& curve = content.at("power").at("curve");
  const json out = {{"scale_factor_80", content.at("power").at("factor_80")},
                    {"targets", curve.empty() ? json(0) : curve.front().at("targets")},
                    {"audit_bf16_steps", audit_steps(content)},
                    {"accuracy_80", content.at("accuracy_detectable_80")}};
  write_file_atomically(file(), out.dump(1) + "\n");
}

json read_sensitivity() {
  const json out = json::parse(read_text_file(file()), nullptr, false);
  for (const char* key : {"scale_factor_80", "targets", "audit_bf16_steps", "accuracy_80"})
    if (!out.is_object() || !out.contains(key) || !out[key].is_number())
      throw InputError(
          fmt::format("{}: expected a number \"{}\", found none; fp8bench --suite faults "
                      "--record-sensitivity writes it",
                      file().string(), key));
  return out;
}

std::string sensitivity_line(const json& s) {
  const double factor = s.at("scale_factor_80");
  return fmt::format(
      "sensitivity (--suite faults on nano): the audit sees {} BF16 step of one scale; outputs alone see one expert's "
      "scales {} with 80 % power ({} random experts); tasks see a loss of {:.2f} points",
      s.at("audit_bf16_steps").get<double>(), factor > 0 ? fmt::format("times {}", factor) : "in no size tried",
      s.at("targets").get<int64_t>(), 100 * s.at("accuracy_80").get<double>());
}

}  // namespace fp8bench
