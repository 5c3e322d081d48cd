#include "harness/io/text_file.h"

#include <unistd.h>

#include <catch2/catch.hpp>

#include "harness/io/error.h"
#include "tests/checkpoint/memory_source.h"

using namespace fp8bench;
using Catch::Matchers::Contains;
using fp8bench::test::TemporaryFolder;
namespace fs = std::filesystem;

TEST_CASE("a file that can be written passes, and nothing is made") {
  const TemporaryFolder root;
  CHECK_NOTHROW(require_writable(root / "new.json"));
  CHECK_FALSE(fs::exists(root / "new.json"));
  write_file_atomically(root / "old.json", "old");
  CHECK_NOTHROW(require_writable(root / "old.json"));
  CHECK(read_text_file(root / "old.json") == "old");
  CHECK_NOTHROW(require_writable("in-this-folder.json"));
}

TEST_CASE("a file that cannot be written is refused by its path, with what was expected and found") {
  const TemporaryFolder root;
  write_file_atomically(root / "file", "");
  fs::create_directories(root / "folder");
  const std::string missing = (root / "missing/out.json").string();
  CHECK_THROWS_AS(require_writable(missing), InputError);
  CHECK_THROWS_WITH(require_writable(missing), Contains(missing + ": cannot be written: expected an existing folder") &&
                                                   Contains("found no " + (root / "missing").string()));
  CHECK_THROWS_WITH(require_writable(root / "file/out.json"), Contains("expected a folder, found a file"));
  CHECK_THROWS_WITH(require_writable(root / "folder"), Contains("expected a file, found a folder"));
  CHECK_THROWS_WITH(require_writable(root / "folder/"), Contains("expected a file, found a folder"));
  CHECK_THROWS_AS(require_writable(""), InputError);
  fs::permissions(root / "folder", fs::perms::owner_read | fs::perms::owner_exec);
  if (::geteuid() != 0)  // nothing is denied to root
    CHECK_THROWS_WITH(require_writable(root / "folder/out.json"), Contains("expected a folder to write into"));
  fs::permissions(root / "folder", fs::perms::owner_all);
}
