// When are two answers of a mathematics problem the same text? The normalisation of Hendrycks et al. 2021 as lm-eval's
// hendrycks_math tasks apply it: string equivalence, no algebra; "1/2" and "0.50" are different answers.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace fp8bench {

// What stands in the last \boxed{...} (or \fbox{...}, or after the last "\boxed ") of a worked solution; nothing when
// there is none or its braces do not close.
std::optional<std::string> boxed_answer(std::string_view solution);

// The part of a generated answer that is compared: between its first and last dollar sign, or all of it.
std::string answer_of_text(std::string_view text);

bool math_equivalent(std::string_view one, std::string_view other);

}  // namespace fp8bench
