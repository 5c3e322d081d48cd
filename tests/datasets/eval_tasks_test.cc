#include "datasets/eval/eval_tasks.h"

#include <catch2/catch.hpp>
#include <set>

#include "datasets/task.h"
#include "tests/datasets/data_folder.h"
#include "tests/test_data.h"

namespace fp8bench {
namespace {

using Catch::Matchers::Contains;
using test::DataFolder;

std::string invented() { return test::source_path("tests/datasets/lmeval/data").string(); }

std::vector<EvalDocument> documents(const std::string& task, const EvalOptions& options) {
  const EvalTaskInfo* info = find_eval_task(task);
  REQUIRE(info != nullptr);
  return info->make(*info)->documents(options);
}

TEST_CASE("names are unique over tasks and groups, and every member of a group exists") {
  std::set<std::string> names;
  for (const EvalTaskInfo& info : eval_tasks()) CHECK(names.insert(info.name).second);
  for (const EvalGroup& group : eval_groups()) CHECK(names.insert(group.name).second);
  for (const EvalGroup& group : eval_groups())
    for (const std::string& member : group.members) CHECK(names.count(member) == 1);
  CHECK(tasks_of("mmlu").size() == 57);
  CHECK(tasks_of("arc_easy") == std::vector<std::string>{"arc_easy"});
  CHECK(tasks_of("no_such").empty());
}

TEST_CASE("a missing file is named, a missing file of examples only when there are shots") {
  for (const EvalTaskInfo& info : eval_tasks()) {
    INFO(info.name);
    const std::vector<std::string> missing = missing_files(info, "/nowhere", true);
    CHECK(missing.size() == info.files.size() + info.shot_files.size());
    CHECK_THROWS_AS(info.make(info)->documents({"/nowhere", -1, 0, 1234}), DatasetError);
    CHECK_THROWS_WITH(info.make(info)->documents({"/nowhere", -1, 0, 1234}), Contains("/nowhere/" + missing.front()));
  }
  const DataFolder folder("fp8bench_tasks_without_examples");
  folder.put("eval/piqa/valid.jsonl", "{\"goal\": \"g\", \"sol1\": \"a\", \"sol2\": \"b\"}\n");
  folder.put("eval/piqa/valid-labels.lst", "1\n");
  const auto found = documents("piqa", {folder.string(), -1, -1, 1234});
  REQUIRE(found.size() == 1);
  CHECK(found[0].target == 1);
  CHECK(found[0].requests[1].context == "Question: g\nAnswer:");
  CHECK(found[0].requests[1].continuation == " b");
  CHECK_THROWS_WITH(documents("piqa", {folder.string(), -1, 5, 1234}), Contains("eval/piqa/train.jsonl: no such file"));
}

TEST_CASE("a limit takes the first documents and changes nothing else") {
  const auto all = documents("boolq", {invented(), -1, 5, 1234}), three = documents("boolq", {invented(), 3, 5, 1234});
  REQUIRE(all.size() == 12);
  REQUIRE(three.size() == 3);
  for (size_t i = 0; i < 3; ++i) CHECK(three[i].requests[0].context == all[i].requests[0].context);
  CHECK(documents("boolq", {invented(), 100, 5, 1234}).size() == 12);
  // Questions about one passage are one cluster.
  const std::string& key = find_eval_task("boolq")->cluster_key;
  for (size_t i = 1; i < all.size(); i += 2) CHECK(all[i].doc.at(key) == all[i - 1].doc.at(key));
  CHECK(all[1].doc.at(key) != all[2].doc.at(key));
}

TEST_CASE("another seed draws other examples, and more than there are is refused") {
  const auto one = documents("arc_easy", {invented(), 1, 3, 1234}),
             other = documents("arc_easy", {invented(), 1, 3, 5});
  CHECK(one[0].requests[0].context != other[0].requests[0].context);
  CHECK_THROWS_WITH(documents("arc_challenge", {invented(), 1, 10, 1234}),
                    Contains("ARC-Challenge-Train.jsonl: expected at least 10 examples") && Contains("found 9"));
  CHECK_THROWS_WITH(documents("mmlu_anatomy", {invented(), 1, 6, 1234}), Contains("found 5"));
}

TEST_CASE("a file that is not what it should be is refused with its place") {
  const DataFolder folder("fp8bench_tasks_broken");
  const auto refused = [&](const char* task, const char* file, const char* text, const char* message) {
    INFO(file << ": " << text);
    folder.put(file, text);
    CHECK_THROWS_WITH(documents(task, {folder.string(), -1, 0, 1234}), Contains(file) && Contains(message));
  };
  refused("gsm8k", "eval/gsm8k/test.jsonl", "{\"question\": \"q\", \"answer\": \"a\"}\n{\"question\": \"q\"}\n",
          ":2: ");
  refused("gsm8k", "eval/gsm8k/test.jsonl", "{\"question\": \n", ":1: ");
  refused("gsm8k", "eval/gsm8k/test.jsonl", "", "expected at least one line");
  refused("winogrande", "eval/winogrande/dev.jsonl",
          "{\"sentence\": \"no gap\", \"option1\": \"\", \"option2\": \"\", \"answer\": \"1\"}\n", "expected a blank");
  refused("winogrande", "eval/winogrande/dev.jsonl",
          "{\"sentence\": \"a _\", \"option1\": \"\", \"option2\": \"\", \"answer\": \"3\"}\n", "found \"3\"");
  refused("mmlu_virology", "eval/mmlu/test/virology_test.csv", "q,a,b,c,d,E\n", "row 1: expected");
  refused("mmlu_virology", "eval/mmlu/test/virology_test.csv", "q,a,b,c,A\n", "found 5 fields");
  refused("hellaswag_preprocessed", "eval/hellaswag/hellaswag_val_full.txt", "c\n0\na\nb\n", "expected six lines");
  refused("hellaswag_preprocessed", "eval/hellaswag/hellaswag_val_full.txt", "c\n4\na\nb\nc\nd\n", ":2: expected");
  refused("truthfulqa_mc1", "eval/truthfulqa/v0/mc_task.json", "[{\"question\": \"q\"}]", "record 0");
  refused("hendrycks_math500", "eval/math500/test.jsonl",
          "{\"problem\": \"p\", \"solution\": \"none\", \"answer\": \"3\"}\n", ":1: solution: expected an answer");
  // A copy of the test set that lacks the items of three or five choices is not the test set.
  refused("arc_easy", "eval/arc/ARC-Easy-Test.jsonl",
          "{\"id\": \"x\", \"question\": {\"stem\": \"s\", \"choices\": [{\"text\": \"t\", \"label\": \"A\"}]}, "
          "\"answerKey\": \"A\"}\n",
          "expected the complete test set of 2376 items, found 1");
  folder.put("eval/piqa/valid.jsonl", "{\"goal\": \"g\", \"sol1\": \"a\", \"sol2\": \"b\"}\n");
  refused("piqa", "eval/piqa/valid-labels.lst", "1\n0\n", "expected a label for each of 1 questions, found 2");
  refused("piqa", "eval/piqa/valid-labels.lst", "2\n", ":1: expected 0 or 1, found '2'");
}

TEST_CASE("the text of HellaSwag that was prepared elsewhere is a task of its own") {
  FP8BENCH_REQUIRE_DATA(file, "eval/hellaswag/hellaswag_val_full.txt.bz2");
  const auto found = documents("hellaswag_preprocessed", {test::data_path(".").string(), -1, 0, 1234});
  CHECK(found.size() == 10042);
  for (const EvalDocument& document : found) {
    REQUIRE(document.requests.size() == 4);
    CHECK(document.requests[3].continuation.size() > 1);
  }
}

}  // namespace
}  // namespace fp8bench
