// A suite that is nothing but cases: `kernels`, `dense`, `attention` and whatever gets a file under bench/shapes.
#pragma once
#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "bench/commands/command.h"

namespace fp8bench {

// Adds --filter, --shape, --mode, --min-time and --markdown; cases are those of bench/shapes/<suite>.txt unless --shape
// says otherwise. Exit code 3 when a row is wrong or faster than the machine.
std::function<int()> add_shape_suite(CLI::App& app, const CommonOptions& common, const std::string& suite);

}  // namespace fp8bench
