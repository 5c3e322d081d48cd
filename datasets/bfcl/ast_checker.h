// BFCL's verdict on tool calls (bfcl-eval 2026.3.23, Python categories): function names, required and unexpected
// arguments, types, and values out of a list of accepted ones. Verdict and error type are the official checker's.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/bfcl/py_value.h"

namespace fp8bench::bfcl {

struct Verdict {
  bool valid = false;
  std::string error_type;                    // of what is not valid
  std::vector<std::string> sub_error_types;  // parallel calls: why each call that is left does not match
};

struct CheckOptions {
  bool underscore_to_dot = false;  // names were written with "_" where the function has "."
};

// category: "simple_python", "multiple", "parallel", "irrelevance". functions: the entry's "function", a list of
// schemas. calls: what decode_calls or from_tool_calls gives. answers: the entry's "ground_truth", [{name: {argument:
// [accepted, ...]}}]; not used for irrelevance, where right means no call. Where the official checker raises, the error
// type is "exception:" and Python's name of the exception.
Verdict check_calls(std::string_view category, const nlohmann::ordered_json& functions, const python::Value& calls,
                    const nlohmann::ordered_json& answers, const CheckOptions& options = {});

// The same for an answer's text: what is no list of calls fails with "ast_decoder:decoder_failed", or is right where no
// call is.
Verdict check_text(std::string_view category, const nlohmann::ordered_json& functions, std::string_view text,
                   const nlohmann::ordered_json& answers, const CheckOptions& options = {});

}  // namespace fp8bench::bfcl
