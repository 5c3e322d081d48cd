// The tables of the main job, as data: printed on the screen, in Markdown and in the README by the same code.
#pragma once
#include "bench/suites/moe.h"
#include "harness/report/table.h"

namespace fp8bench {

Table kernel_table(const KernelStage& stage);
Table divergence_table(const QualityStage& stage);
Table task_table(const TaskStage& stage);
std::string checkpoint_lines(const CheckpointStage& stage, const std::string& indent);
std::string quality_lines(const QualityStage& stage, const std::string& indent);
std::string task_lines(const TaskStage& stage, const std::string& indent);

}  // namespace fp8bench
