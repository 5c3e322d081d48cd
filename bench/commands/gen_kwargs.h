// lm-eval's --gen_kwargs: settings of generated answers that take the place of a task's own.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "datasets/evaluation.h"

namespace fp8bench {

// "max_gen_toks=128,temperature=0", several of them, or a JSON object; true, false, numbers and JSON lists as values,
// everything else is text. Throws InputError: a setting that is unknown, or that asks for anything but greedy answers.
nlohmann::ordered_json parse_gen_kwargs(const std::vector<std::string>& given);

// Changes a request that generates; others stay as they are.
void apply_gen_kwargs(const nlohmann::ordered_json& settings, Request& request);

}  // namespace fp8bench
