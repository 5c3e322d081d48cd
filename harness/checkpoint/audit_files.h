// The checks that look at files rather than tensors.
#pragma once
#include "harness/checkpoint/audit_checks.h"

namespace fp8bench {

void check_index_files(const AuditContext& context, Findings& findings);          // S10
void check_quantization_config(const AuditContext& context, Findings& findings);  // S11
void check_side_files(const AuditContext& context, Findings& findings);           // S12

}  // namespace fp8bench
