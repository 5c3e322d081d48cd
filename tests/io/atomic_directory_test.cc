#include "harness/io/atomic_directory.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "harness/io/error.h"
#include "tests/checkpoint/memory_source.h"

using namespace fp8bench;
using fp8bench::test::TemporaryFolder;
namespace fs = std::filesystem;

namespace {
void touch(const fs::path& path) { std::ofstream(path) << "x"; }
size_t entries(const fs::path& path) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator()));
}
}  // namespace

TEST_CASE("a folder appears on commit, not before") {
  const TemporaryFolder root;
  {
    AtomicDirectory folder(root / "a/out/", false);  // parents are made, a trailing slash is fine
    touch(folder.path() / "file");
    fs::create_directories(folder.path() / "sub");
    touch(folder.path() / "sub/file");
    CHECK_FALSE(fs::exists(root / "a/out"));
    folder.commit();
  }
  CHECK(fs::exists(root / "a/out/sub/file"));
  CHECK(entries(root / "a") == 1);
}

TEST_CASE("without commit nothing stays") {
  const TemporaryFolder root;
  {
    AtomicDirectory folder(root / "out", false);
    touch(folder.path() / "file");
  }
  CHECK(entries(root.path()) == 0);
}

TEST_CASE("an existing destination is refused, or exchanged as a whole") {
  const TemporaryFolder root;
  fs::create_directories(root / "out");
  touch(root / "out/old");
  CHECK_THROWS_AS(AtomicDirectory(root / "out", false), InputError);
  {
    AtomicDirectory folder(root / "out", true);
    touch(folder.path() / "new");
  }
  CHECK(fs::exists(root / "out/old"));  // not committed
  {
    AtomicDirectory folder(root / "out", true);
    touch(folder.path() / "new");
    folder.commit();
  }
  CHECK(fs::exists(root / "out/new"));
  CHECK_FALSE(fs::exists(root / "out/old"));
  CHECK(entries(root.path()) == 1);
}

TEST_CASE("a destination that appears meanwhile is not overwritten") {
  const TemporaryFolder root;
  AtomicDirectory folder(root / "out", false);
  touch(folder.path() / "new");
  fs::create_directories(root / "out");
  CHECK_THROWS_AS(folder.commit(), InputError);
  CHECK(entries(root / "out") == 0);
}

TEST_CASE("too little free space is said in gigabytes") {
  const TemporaryFolder root;
  const AtomicDirectory folder(root / "out", false);
  CHECK_NOTHROW(folder.require_free_space(1));
  CHECK_THROWS_WITH(folder.require_free_space(int64_t{1} << 62), Catch::Contains("GB of free disk space"));
}
