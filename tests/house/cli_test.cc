// The program as a user meets it: exit codes, hints, and what goes to stdout and what to stderr.
#include <catch2/catch.hpp>

#include "tests/house/program.h"

using namespace fp8bench::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

TEST_CASE("the option --help explains every option and every exit code") {
  const Outcome help = run_program("--help");
  CHECK(help.code == 0);
  CHECK(help.err.empty());
  for (const char* word :
       {"--suite", "--threads", "--isa", "--device", "--seed", "--data", "--json", "--quiet", "--version", "quantize",
        "audit", "trace", "selftest", "list", "Exit codes: 0 pass, 1", "3 invalid", "4 usage"})
    CHECK_THAT(help.out, Contains(word));
  CHECK(run_program("").out == help.out);
}

TEST_CASE("every command has a help page that lists the common options") {
  const std::string command = GENERATE("quantize", "audit", "trace", "selftest", "calibrate", "list");
  const Outcome help = run_program(command + " --help");
  CHECK(help.code == 0);
  CHECK_THAT(help.out, Contains("--threads"));
  CHECK_THAT(help.out, Contains("--quiet"));
}

TEST_CASE("the option --version names version, revision and compiler") {
  const Outcome version = run_program("--version");
  CHECK(version.code == 0);
  CHECK_THAT(version.out, StartsWith("fp8bench 0."));
  CHECK_THAT(version.out, Contains("revision"));
  CHECK(lines_of(version.out).size() == 1);
}

TEST_CASE("what cannot be meant ends with exit 4, a message and a hint on stderr, and nothing on stdout") {
  const auto [arguments, message, hint] = GENERATE(table<std::string, std::string, std::string>({
      {"--siute moe", "unknown option --siute", "did you mean --suite?"},
      {"--thread 2 list", "unknown option --thread", "did you mean --threads?"},
      {"--zzzzzzz", "unknown option --zzzzzzz", "fp8bench --help"},
      {"audti x", "unknown command audti", "did you mean audit?"},
      {"audit --sorce x y", "unknown option --sorce", "did you mean --source?"},
      {"list faults --quite", "unknown option --quite", "did you mean --quiet?"},
      {"--threads two", "two", "fp8bench --help"},
      {"list --threads two", "--threads", "fp8bench list --help"},
      {"list --threads -1", "--threads", "fp8bench list --help"},
      {"list --isa mmx", "--isa", "fp8bench list --help"},
      {"list --device tpu", "--device", "fp8bench list --help"},
      {"--threads 2", "--threads alone asks for nothing", "--suite moe"},
      {"--bf16 somewhere", "--bf16 needs --suite", "--suite moe"},
      {"--suite moe list", "cannot go with the command list", "fp8bench list --help"},
      {"--suite nothing", "nothing", ""},
      {"list fault", "fault", "faults"},
      {"audit /nonexistent/checkpoint", "/nonexistent/checkpoint", ""},
      {"quantize /nonexistent/source /nonexistent/destination", "/nonexistent/source", ""},
      {"quantize /nonexistent/source out --json /nonexistent/folder/q.json", "/nonexistent/folder/q.json", ""},
      {"audit /nonexistent/checkpoint --json /nonexistent/folder/a.json", "/nonexistent/folder/a.json", ""},
      {"trace x --ids 2 --generate 9999999999 --output t", "262144", "fp8bench trace --help"},
      {"trace x --ids 2 --generate -1 --output t", "262144", "fp8bench trace --help"},
      {"trace x --ids 2 --generate 262144 --output t", "expected at most 262144 tokens, found 1 ids", ""},
      {"trace x --ids 2 --output /nonexistent/folder/t", "/nonexistent/folder/t: cannot be written", ""},
  }));
  CAPTURE(arguments);
  const Outcome outcome = run_program(arguments);
  CHECK(outcome.code == 4);
  CHECK(outcome.out.empty());
  CHECK_THAT(outcome.err, StartsWith("fp8bench: "));
  CHECK_THAT(outcome.err, Contains(message));
  CHECK_THAT(outcome.err, Contains(hint));
}

TEST_CASE("an instruction set that FP8BENCH_ISA misnames is a usage error") {
  const Outcome outcome = run_shell("FP8BENCH_ISA=mmx '" FP8BENCH_PROGRAM "' list isas");
  CHECK(outcome.code == 4);
  CHECK_THAT(outcome.err, Contains("mmx"));
}

TEST_CASE("a path that is not UTF-8 does not prevent a report") {
  const TemporaryFolder folder;
  const std::string bytes = (folder.path() / "caf\xE9").string(), report = (folder.path() / "q.json").string();
  CHECK(run_program("quantize 'synth:tiny-moe?seed=1' '" + bytes + "' --quiet --json " + report).code == 0);
  CHECK_THAT(read_file(report), Contains("caf\xEF\xBF\xBD"));
}

TEST_CASE("a full disk under stdout is not a pass") {
  const Outcome outcome = run_shell("'" FP8BENCH_PROGRAM "' list >/dev/full");
  CHECK(outcome.code == 4);
  CHECK_THAT(outcome.err, Contains("cannot be written"));
}

TEST_CASE("list KIND prints one name a line, list alone everything with headings") {
  const Outcome faults = run_program("list faults");
  CHECK(faults.code == 0);
  const auto names = lines_of(faults.out);
  CHECK(names.size() >= 22);
  for (const std::string& name : names) CHECK(name.find_first_of(" \t") == std::string::npos);

  const Outcome all = run_program("list");
  CHECK(all.code == 0);
  for (const char* kind : {"suites", "kernels", "tasks", "architectures", "schemes", "faults", "devices", "isas"}) {
    CHECK_THAT(all.out, Contains(kind));
    const Outcome one = run_program(std::string("list ") + kind);
    CHECK(one.code == 0);
    CHECK_FALSE(one.out.empty());
    for (const std::string& line : lines_of(one.out)) CHECK_THAT(all.out, Contains(line.substr(0, line.find("  "))));
  }
  CHECK_THAT(run_program("list devices").out, StartsWith("cpu\n"));
  CHECK_THAT(run_program("list isas").out, StartsWith("portable\n"));
}
