// From what was typed to an exit code: options, hints for what cannot be meant, and the one place where exceptions
// become messages.
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace fp8bench {

// Parses, runs and prints; never throws. Results go to stdout, messages to stderr.
int run_program(int argc, const char* const* argv);

// The candidate that `word` was most likely meant to be, or "" when none is near: a hint must not be a guess.
std::string closest(std::string_view word, std::span<const std::string> candidates);

}  // namespace fp8bench
