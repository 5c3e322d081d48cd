// bench/run and tests/run on machines that lack something: what they say, where they say it, and what they leave alone.
#include <catch2/catch.hpp>

#include "tests/house/program.h"
#include "tests/test_data.h"

using namespace fp8bench::test;
using Catch::Matchers::Contains;

namespace {

// A machine of our own: these commands come first in PATH. `installed` answers dpkg-query.
class FakeMachine {
 public:
  FakeMachine(const std::string& user, const std::string& dpkg, const std::string& sudo = "exit 1") {
    command("id", "echo " + user);
    command("dpkg-query", dpkg);
    command("sudo", sudo);
    command("apt-get", "echo \"apt-get $*\" >>'" + log().string() + "'");
    command("cmake", "echo \"cmake $*\" >>'" + log().string() + "'; exit 1");
  }
  Outcome run(const std::string& script, const std::string& arguments = "", const std::string& environment = "") const {
    return run_shell("cd / && PATH='" + (folder_.path() / "bin").string() + "':$PATH FP8BENCH_BUILD_DIR='" +
                     (folder_.path() / "build").string() + "' " + environment + " '" + source_path(script).string() +
                     "' " + arguments);
  }
  void command(const std::string& name, const std::string& body) const {
    folder_.write("bin/" + name, "#!/bin/sh\n" + body + "\n", true);
  }
  void built_program(const std::string& body) const {
    folder_.write("build/build.ninja", "");
    folder_.write("build/fp8bench", "#!/bin/sh\n" + body + "\n", true);
  }
  std::string calls() const { return read_file(log()); }

 private:
  std::filesystem::path log() const { return folder_.path() / "calls"; }
  TemporaryFolder folder_;
};

const std::string kNothingInstalled = "exit 1";
const std::string kEverythingInstalled = "shift 3; for p; do echo \"installed $p\"; done";
const std::string kNoNinja = "shift 3; for p; do [ $p = ninja-build ] || echo \"installed $p\"; done; exit 1";

}  // namespace

TEST_CASE("the scripts are valid bash") {
  for (const char* script : {"bench/run", "bench/build.sh", "tests/run", ".ci/run"}) {
    CAPTURE(script);
    CHECK(run_shell("bash -n '" + source_path(script).string() + "'").code == 0);
  }
}

TEST_CASE("packages missing, no root and no sudo: exit 4 with the apt line") {
  const std::string script = GENERATE("bench/run", "tests/run");
  const FakeMachine machine("1000", kNothingInstalled);
  const Outcome outcome = machine.run(script, "--suite moe");
  CHECK(outcome.code == 4);
  CHECK(outcome.out.empty());
  CHECK_THAT(outcome.err, Contains("apt-get install --no-install-recommends catch2 cmake g++ "));
  CHECK(machine.calls().empty());
}

TEST_CASE("only the missing package is installed, by root or through sudo") {
  const auto [user, sudo, calls] = GENERATE(table<std::string, std::string, std::string>({
      {"0", "exit 1", "apt-get -q"},
      {"1000", "[ $1 = -n ] && shift; exec \"$@\"", "apt-get -q"},
  }));
  const FakeMachine machine(user, kNoNinja, sudo);
  const Outcome outcome = machine.run("bench/run", "list");
  CHECK(outcome.code == 4);  // the fake cmake fails
  CHECK(outcome.out.empty());
  CHECK_THAT(outcome.err, Contains("installing Debian packages: ninja-build\n"));
  CHECK_THAT(machine.calls(), Contains(calls) && Contains("install -y --no-install-recommends ninja-build\n"));
  CHECK_THAT(machine.calls(), !Contains("apt-get -q update"));
}

TEST_CASE("with everything there: no apt, stdout and exit code are the program's") {
  const FakeMachine machine("1000", kEverythingInstalled);
  machine.command("cmake", "echo noise; exit 0");
  machine.built_program("printf '<%s>' \"$@\"; echo said >&2; exit 2");
  const Outcome outcome = machine.run("bench/run", "--suite moe 'two words' ''");
  CHECK(outcome.code == 2);
  CHECK(outcome.out == "<--suite><moe><two words><>");
  CHECK_THAT(outcome.err, Contains("said\n"));
  CHECK(machine.calls().empty());
}

TEST_CASE("a build that fails is said on stderr and is not a result of the program") {
  const FakeMachine machine("1000", kEverythingInstalled);
  machine.built_program("echo must not run");
  const Outcome outcome = machine.run("bench/run", "list");
  CHECK(outcome.code == 4);
  CHECK(outcome.out.empty());
  CHECK_THAT(outcome.err, Contains("the build failed"));
}

TEST_CASE("a build folder that cannot be written names the way out") {
  const FakeMachine machine("1000", kEverythingInstalled);
  const Outcome outcome = machine.run("bench/run", "list", "FP8BENCH_BUILD_DIR=/dev/null/build");
  CHECK(outcome.code == 4);
  CHECK_THAT(outcome.err, Contains("FP8BENCH_BUILD_DIR"));
}
