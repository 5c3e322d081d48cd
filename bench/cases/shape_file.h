// Cases are text. One line is a cross product of cases:
//   op=gemm shape=gemma-4-26b-a4b/sliding.q,dense.down tokens=1,8,64,512 mode=rotate   # a comment
// The key that stands first varies slowest. Every error names the file, the line, the key and what was expected.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "bench/cases/case_spec.h"

namespace fp8bench {

// `where` names the text in messages ("bench/shapes/dense.txt"). Throws InputError; also for a text without any case.
std::vector<CaseSpec> parse_shapes(std::string_view text, const std::string& where);

// Key `axis` of every case that has it takes this value, as if its line had said so ("mode", "hot"). Throws InputError
// where it is no value of the axis.
void override_axis(std::vector<CaseSpec>& cases, const std::string& axis, const std::string& value,
                   const std::string& where);

// bench/shapes of the source tree, or of the folder named by FP8BENCH_ROOT.
std::filesystem::path shapes_folder();
// Names of the files there, without ".txt", sorted.
std::vector<std::string> bundled_shapes();
// `argument` of --shape: a case ("op=gemm n=64 k=64 tokens=1"; several are parted by ';'), the name of a bundled file
// or a file. Throws InputError.
std::vector<CaseSpec> load_shapes(const std::string& argument);

}  // namespace fp8bench
