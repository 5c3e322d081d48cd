#include "harness/score/journal.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "harness/io/text_file.h"
#include "tests/checkpoint/scratch.h"

namespace fp8bench::test {

TEST_CASE("a journal gives back the very bits, after any number of openings") {
  const ScratchFolder folder;
  const std::filesystem::path file = folder.path() / "answers.jsonl";
  const double value = -std::exp(1.0) * 1e-3;
  {
    Journal journal(file);
    journal.add("a", {.log_likelihood = value, .greedy = true, .tokens = {}});
    journal.add("b", {.log_likelihood = 0, .greedy = true, .tokens = {3, 1, 2}});
    journal.flush();
  }
  {
    Journal journal(file);
    REQUIRE(journal.size() == 2);
    CHECK(journal.find("a")->log_likelihood == value);
    CHECK(journal.find("a")->greedy);
    CHECK(journal.find("b")->tokens == std::vector<int32_t>{3, 1, 2});
    CHECK(journal.find("c") == nullptr);
    journal.add("c", {.log_likelihood = -1, .greedy = false, .tokens = {}});  // written when it is closed
  }
  CHECK(Journal(file).size() == 3);
}

TEST_CASE("a line that was cut off by a kill is dropped, what follows is sound") {
  const ScratchFolder folder;
  const std::filesystem::path file = folder.path() / "answers.jsonl";
  { Journal(file).add("a", {.log_likelihood = -1, .greedy = false, .tokens = {}}); }
  const std::string whole = read_text_file(file);
  for (size_t size = 0; size < whole.size(); ++size) {  // killed after any byte
    INFO("cut to " << size << " bytes");
    folder.write("cut.jsonl", whole.substr(0, size));
    {
      Journal journal(folder.path() / "cut.jsonl");
      CHECK(journal.size() == 0);
      journal.add("b", {.log_likelihood = -2, .greedy = false, .tokens = {}});
    }
    Journal journal(folder.path() / "cut.jsonl");
    REQUIRE(journal.find("b") != nullptr);
    CHECK(journal.size() == 1);
  }
}

TEST_CASE("a file that is no journal is left as it is") {
  const ScratchFolder folder;
  for (const std::string content : {"{\"doc_id\": 0}\n", "a text without an end"}) {
    const std::filesystem::path file = folder.write("samples.jsonl", content);
    CHECK(input_error([&] { Journal journal(file); }).find("line 1: expected") != std::string::npos);
    CHECK(read_text_file(file) == content);
  }
  const std::filesystem::path broken = folder.write("broken.jsonl", "{\"fp8bench_journal\":1}\n{\"key\":3}\n");
  CHECK(input_error([&] { Journal journal(broken); }).find("line 2") != std::string::npos);
  CHECK_FALSE(input_error([&] { Journal journal(folder.path() / "absent" / "x"); }).empty());
}

TEST_CASE("two processes never write one journal") {
  const ScratchFolder folder;
  const Journal first(folder.path() / "answers.jsonl");
  CHECK(input_error([&] { Journal second(folder.path() / "answers.jsonl"); }).find("another process") !=
        std::string::npos);
}

}  // namespace fp8bench::test
