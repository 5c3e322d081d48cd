// Runs a command as a user would and keeps what it said.
#pragma once
#include <sys/wait.h>

#include <cstdlib>
#include <string>

#include "tests/house/source_tree.h"

namespace fp8bench::test {

struct Outcome {
  int code = -1;  // exit code, or -1 when a signal ended it
  std::string out, err;
};

inline Outcome run_shell(const std::string& command) {
  const TemporaryFolder folder;
  const std::string out = (folder.path() / "out").string(), err = (folder.path() / "err").string();
  const int status = std::system(("( " + command + " ) >" + out + " 2>" + err + " </dev/null").c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(out), read_file(err)};
}

inline Outcome run_program(const std::string& arguments) { return run_shell("'" FP8BENCH_PROGRAM "' " + arguments); }

}  // namespace fp8bench::test
