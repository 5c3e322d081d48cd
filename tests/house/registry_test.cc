// Tables are the only registration: a file that stands in no table would be dead code that looks alive.
#include <catch2/catch.hpp>
#include <set>

#include "tests/house/program.h"
#include "tests/test_data.h"

using namespace fp8bench::test;
using Catch::Matchers::Contains;

namespace {

std::vector<std::string> listed(const std::string& kind) {
  const Outcome outcome = run_program("list " + kind);
  REQUIRE(outcome.code == 0);
  return lines_of(outcome.out);
}

std::string stem(const std::string& file) { return std::filesystem::path(file).stem().string(); }

}  // namespace

TEST_CASE("names in a table are unique") {
  const std::string kind =
      GENERATE("suites", "kernels", "tasks", "architectures", "schemes", "faults", "devices", "isas");
  const auto names = listed(kind);
  CHECK(std::set<std::string>(names.begin(), names.end()).size() == names.size());
}

TEST_CASE("every file under bench/commands is a command") {
  const std::string help = run_program("--help").out;
  for (const std::string& file : files_below(source_path("bench/commands"), {".cc"})) {
    const std::string name = stem(file);
    const std::string definition = "add_" + name + "_command(";
    if (read_file(source_path("bench/commands/" + file)).find(definition) == std::string::npos)
      continue;  // a part of one
    CHECK_THAT(help, Contains("\n  " + name + " "));
  }
}

TEST_CASE("every suite has its file under bench/suites, and every file there belongs to a suite") {
  const auto suites = listed("suites");
  CHECK_FALSE(suites.empty());
  for (const std::string& suite : suites) CHECK(std::filesystem::exists(source_path("bench/suites/" + suite + ".cc")));
  for (const std::string& file : files_below(source_path("bench/suites"), {".cc"})) {
    const std::string name = stem(file);
    if (name == "suite" || name == "suites") continue;  // the table
    const std::string owner = name.substr(0, name.find('_'));
    CAPTURE(file);
    CHECK(std::count(suites.begin(), suites.end(), owner) == 1);
  }
}

TEST_CASE(
    "every operation under kernels is in the table, and every operation in the table has a contract and a reference") {
  std::set<std::string> operations;
  for (const std::string& kernel : listed("kernels")) operations.insert(kernel.substr(0, kernel.find('.')));
  for (const std::string& operation : operations) {
    const std::filesystem::path folder = source_path("kernels/" + operation);
    CAPTURE(operation);
    CHECK(std::filesystem::exists(folder / (operation + ".h")));
    CHECK(std::filesystem::exists(folder / "ref.cc"));
  }
  for (const auto& entry : std::filesystem::directory_iterator(source_path("kernels"))) {
    const std::string name = entry.path().filename().string();
    // A folder with a reference is an operation; device and peak measure the machine.
    if (!entry.is_directory() || !std::filesystem::exists(entry.path() / "ref.cc")) continue;
    CAPTURE(name);
    CHECK(operations.count(name) == 1);
  }
}

TEST_CASE("every folder of tests is built") {
  const std::string cmake = read_file(source_path("tests/CMakeLists.txt"));
  for (const auto& entry : std::filesystem::directory_iterator(source_path("tests"))) {
    if (!entry.is_directory() || files_below(entry.path(), {".cc"}).empty()) continue;
    const std::string folder = entry.path().filename().string();
    bool has_tests = false;
    for (const auto& file : std::filesystem::directory_iterator(entry.path()))
      has_tests |= file.path().string().ends_with("_test.cc");
    if (has_tests) CHECK_THAT(cmake, Contains("fp8_test(" + folder + " ") || Contains("fp8_test(" + folder + ")"));
  }
}
