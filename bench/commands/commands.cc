// The table of commands. A new one is one file and one line here.
#include <array>

#include "bench/commands/command.h"

namespace fp8bench {
namespace {

constexpr std::array kCommands = {
    Command{"quantize", "make the FP8 checkpoint of a BF16 one (FP8_DYNAMIC, bit for bit as llm-compressor)",
            add_quantize_command},
    Command{"audit", "is an FP8 checkpoint sound, and where does each of its tensors come from?", add_audit_command},
    Command{"trace", "hidden states, router choices and logits of one sequence, as a safetensors file",
            add_trace_command},
    Command{"tokenize", "text to token ids and back with a checkpoint's own tokenizer", add_tokenize_command},
    Command{"eval", "lm-eval's tasks on our engine: one checkpoint, or two paired with a verdict", add_eval_command},
    Command{"generate", "text after a prompt or in a chat, from one checkpoint or two side by side",
            add_generate_command},
    Command{"selftest", "is the engine itself sound? recorded hashes and exact kernel checks", add_selftest_command},
    Command{"plan", "how many items does it take to see a loss, before any is scored?", add_plan_command},
    Command{"paired", "two sample files of lm-eval, item by item: is B worse than A?", add_paired_command},
    Command{"table", "the release table of a record, as Markdown; fills the README", add_table_command},
    Command{"calibrate", "the ceilings of this machine, which every other figure is held to", add_calibrate_command},
    Command{"list", "suites, ops, shapes, kernels, tasks, architectures, schemes, faults, devices, instruction sets",
            add_list_command},
};

}  // namespace

std::span<const Command> commands() { return kCommands; }

}  // namespace fp8bench
