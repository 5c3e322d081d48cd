// Shares as people write them: "0.5pp" (percentage points), "2%", "0.02".
#pragma once
#include <string>

namespace fp8bench {

// A ratio in (0, 1). Throws InputError that begins with `option`.
double parse_share(const std::string& text, const std::string& option);

}  // namespace fp8bench
