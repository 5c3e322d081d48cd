// The arrows of the design, read from the includes: a room may include only what stands in its row.
#include <catch2/catch.hpp>
#include <map>
#include <regex>
#include <set>

#include "tests/house/source_tree.h"
#include "tests/test_data.h"

using namespace fp8bench::test;

namespace {

// Lower rooms first; harness/CMakeLists.txt links in the same directions.
const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"kernels", {}},
    {"datasets", {}},
    {"harness/io", {}},
    {"harness/report", {"harness/io"}},
    {"harness/measure", {"harness/io", "kernels"}},
    {"harness/text", {"harness/io"}},
    {"harness/checkpoint", {"harness/io", "kernels"}},
    {"harness/engine", {"harness/io", "harness/checkpoint", "kernels"}},
    {"harness/score", {"harness/io", "harness/text", "harness/checkpoint", "harness/engine", "datasets", "kernels"}},
    {"bench",
     {"harness/io", "harness/report", "harness/measure", "harness/text", "harness/checkpoint", "harness/engine",
      "harness/score", "datasets", "kernels"}},
};

// "harness/io" of "harness/io/error.h", "kernels" of "kernels/gemm/gemm.h"; "" if it is in no room.
std::string room_of(const std::string& path) {
  for (const auto& [room, allowed] : kMayInclude)
    if (path.compare(0, room.size() + 1, room + "/") == 0) return room;
  return "";
}

std::vector<std::string> wrong_includes(const std::filesystem::path& root) {
  std::vector<std::string> wrong;
  const std::regex include(R"(^\s*#\s*include\s*"([^"]+)\")");
  for (const std::string folder : {"kernels", "datasets", "harness", "bench"}) {
    for (const std::string& file : files_below(root / folder, {".h", ".cc", ".cu", ".cuh", ".inc"})) {
      const std::string path = folder + "/" + file;
      const std::string room = room_of(path);
      if (room.empty()) {
        wrong.push_back(path + ": in no room; add the folder to this test and to CMake");
        continue;
      }
      int number = 0;
      for (const std::string& line : lines_of(read_file(root / path))) {
        ++number;
        std::smatch match;
        if (!std::regex_search(line, match, include)) continue;
        const std::string target = room_of(match[1]);
        if (target == room || kMayInclude.at(room).count(target) > 0) continue;
        wrong.push_back(path + ":" + std::to_string(number) + ": " + room + " must not include \"" + match[1].str() +
                        "\"");
      }
    }
  }
  return wrong;
}

}  // namespace

TEST_CASE("no include points up or sideways") {
  const auto wrong = wrong_includes(source_path(""));
  for (const std::string& line : wrong) UNSCOPED_INFO(line);
  CHECK(wrong.empty());
}

TEST_CASE("the layering check sees an upward include") {
  const TemporaryFolder tree;
  tree.write("kernels/gemm/gemm.cc", "#include <vector>\n#include \"kernels/gemm/gemm.h\"\n");
  tree.write("harness/engine/session.cc",
             "#include \"kernels/gemm/gemm.h\"\n#include \"harness/checkpoint/audit.h\"\n");
  CHECK(wrong_includes(tree.path()).empty());

  const auto [file, line, where] = GENERATE(table<std::string, std::string, std::string>({
      {"kernels/gemm/bad.cc", "\n#include \"harness/io/error.h\"\n", "kernels/gemm/bad.cc:2: "},
      {"datasets/bad.cc", "#include \"kernels/dtype.h\"", "datasets/bad.cc:1: "},
      {"harness/checkpoint/bad.h", "  #  include \"harness/engine/weights.h\"", "harness/checkpoint/bad.h:1: "},
      {"harness/score/bad.cc", "#include \"bench/suites/suite.h\"", "harness/score/bad.cc:1: "},
      {"bench/bad.cc", "#include \"tests/test_data.h\"", "bench/bad.cc:1: "},
      {"harness/io/bad.cc", "#include \"../../kernels/dtype.h\"", "harness/io/bad.cc:1: "},
      {"harness/new_room/bad.cc", "", "harness/new_room/bad.cc: in no room"},
  }));
  tree.write(file, line);
  const auto wrong = wrong_includes(tree.path());
  REQUIRE(wrong.size() == 1);
  CHECK(wrong.front().compare(0, where.size(), where) == 0);
}
