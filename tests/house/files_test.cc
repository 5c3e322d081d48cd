// Files stay small, headers are guarded, and nothing says on which machine it was written.
#include <catch2/catch.hpp>
#include <map>

#include "tests/house/source_tree.h"
#include "tests/test_data.h"

using namespace fp8bench::test;

namespace {

constexpr size_t kMaxLines = 400;

// A longer file states its reason here.
const std::map<std::string, std::string> kLongFiles = {};

const std::vector<std::string> kFolders = {"bench", "datasets", "harness", "kernels", "tests"};

void expect_none(const std::vector<std::string>& offences) {
  for (const std::string& offence : offences) UNSCOPED_INFO(offence);
  CHECK(offences.empty());
}

std::vector<std::string> code_files(const std::vector<std::string>& extensions) {
  std::vector<std::string> files;
  for (const std::string& folder : kFolders)
    for (const std::string& file : files_below(source_path(folder), extensions)) files.push_back(folder + "/" + file);
  return files;
}

}  // namespace

TEST_CASE("no source file is longer than 400 lines without a stated reason") {
  std::vector<std::string> offences;
  for (const std::string& file : code_files({".h", ".cc", ".cu", ".cuh", ".py", ".sh", ".cmake"})) {
    const size_t count = lines_of(read_file(source_path(file))).size();
    const bool excused = kLongFiles.count(file) > 0;
    if (count > kMaxLines && !excused) offences.push_back(file + " has " + std::to_string(count) + " lines");
    if (count <= kMaxLines && excused) offences.push_back(file + " is short now: take it off the list");
  }
  expect_none(offences);
}

// CMake cuts its lists at semicolons and Catch2 reads a leading dash as an option: either way the runner would look for
// a test that is not there.
TEST_CASE("the runner can name every test") {
  const std::string begin = std::string("TEST_CASE") + "(\"";
  std::vector<std::string> offences;
  size_t names = 0;
  for (const std::string& file : code_files({".cc"})) {
    for (const std::string& line : lines_of(read_file(source_path(file)))) {
      if (line.rfind(begin, 0) != 0) continue;
      ++names;
      const std::string name = line.substr(begin.size(), line.find('"', begin.size()) - begin.size());
      if (name.find(';') != std::string::npos || name.front() == '-') offences.push_back(file + ": " + name);
    }
  }
  CHECK(names > 300);
  expect_none(offences);
}

TEST_CASE("every header has #pragma once") {
  std::vector<std::string> offences;
  for (const std::string& file : code_files({".h", ".cuh"}))
    if (read_file(source_path(file)).find("#pragma once\n") == std::string::npos) offences.push_back(file);
  expect_none(offences);
}

TEST_CASE("no file names a path of the machine it was written on") {
  // Taken apart, or this file would find itself.
  const std::vector<std::string> traces = {std::string("/wo") + "rk/", std::string("/ro") + "ot/",
                                           std::string("/ho") + "me/"};
  std::vector<std::string> files =
      code_files({".h", ".cc", ".cu", ".cuh", ".py", ".sh", ".cmake", ".md", ".txt", ".json", ""});
  for (const char* top : {"CMakeLists.txt", "CMakePresets.json", "README.md", "NOTICE", ".ci/run", ".ci/packages.txt"})
    files.emplace_back(top);
  for (const std::string& file : files_below(source_path("results"), {""})) files.push_back("results/" + file);
  std::vector<std::string> offences;
  for (const std::string& file : files) {
    const std::filesystem::path path = source_path(file);
    if (!std::filesystem::exists(path) || std::filesystem::file_size(path) > (1u << 20)) continue;  // data, not text
    const std::string text = read_file(path);
    for (const std::string& trace : traces)
      if (text.find(trace) != std::string::npos) offences.push_back(file + " contains " + trace);
  }
  expect_none(offences);
}
