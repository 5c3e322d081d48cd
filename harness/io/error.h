// Exit codes and the error type of everything that reads input. The library throws; only main prints and exits.
#pragma once
#include <stdexcept>
#include <string>

namespace fp8bench {

enum ExitCode : int {
  kExitPass = 0,
  kExitRegression = 1,    // a regression is proven
  kExitInconclusive = 2,  // the data cannot tell at the asked margin
  kExitInvalid = 3,       // a check, hash or identity failed
  kExitUsage = 4          // usage or input error
};

// Bad input or usage: exit 4. The message names the file, the tensor or line or byte offset, what was expected and
// found.
class InputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A check that the input failed (audit, self-test, identity): exit 3.
class CheckError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace fp8bench
