// What the main job can find, as measured by `--suite faults` on the bundled checkpoint and kept beside it: a pass
// means little without the size of what would have failed.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

namespace fp8bench {

// From the content of a faults record; replaces datasets/nano/sensitivity.json.
void record_sensitivity(const nlohmann::json& faults_content);
// {"scale_factor_80", "targets", "audit_bf16_steps", "accuracy_80"}. Throws InputError when the file is not that.
nlohmann::json read_sensitivity();
std::string sensitivity_line(const nlohmann::json& sensitivity);

}  // namespace fp8bench
