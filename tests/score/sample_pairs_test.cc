// Sample files of lm-eval in both shapes, and every way in which two of them are not the same items.
#include "harness/score/sample_pairs.h"

#include <fmt/core.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "harness/io/error.h"
#include "harness/io/text_file.h"
#include "harness/score/metric_table.h"
#include "harness/score/share_text.h"
#include "tests/house/source_tree.h"
#include "tests/test_data.h"

namespace fp8bench {
namespace {

using Catch::Matchers::Contains;

// As lm-eval's own writer leaves a line: responses and target as text, arguments as objects.
constexpr const char* kHarnessLine =
    R"({"doc_id": %, "doc": {"id": "Q%", "subject": "s1"}, "target": "1", )"
    R"("arguments": {"gen_args_0": {"arg_0": "Question: a\nAnswer:", "arg_1": " no"}, )"
    R"("gen_args_1": {"arg_0": "Question: a\nAnswer:", "arg_1": " yes"}}, )"
    R"("resps": [[["-2.5", "False"]], [["-1.25", "True"]]], "filtered_resps": [["-2.5", "False"], ["-1.25", "True"]], )"
    R"("filter": "none", "metrics": ["acc", "acc_norm"], "doc_hash": "d%", "prompt_hash": "p%", "target_hash": "t", )"
    R"("acc": 1.0, "acc_norm": 0.0})";

std::string line_of(int64_t id) {
  std::string out = kHarnessLine;
  for (size_t at = 0; (at = out.find('%', at)) != std::string::npos;) out.replace(at, 1, std::to_string(id));
  return out + "\n";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

struct Files {
  test::TemporaryFolder folder;
  std::string a = line_of(0) + line_of(1) + line_of(2);
  std::string b = a;
  SamplePairs pair(const PairRequest& request = {}) {
    write_file_atomically(folder.path() / "a.jsonl", a);
    write_file_atomically(folder.path() / "b.jsonl", b);
    const std::string key = request.cluster ? "subject" : "";
    return pair_samples(read_samples(folder.path() / "a.jsonl", key), read_samples(folder.path() / "b.jsonl", key),
                        request);
  }
};

TEST_CASE("the harness's own file: texts become numbers, the gold answer is found") {
  Files files;
  files.b = replaced(files.b, R"([["-2.5", "False"], ["-1.25", "True"]], "filter")",
                     R"([["-1.0", "True"], ["-1.5", "False"]], "filter")");
  files.b = replaced(files.b, R"("acc": 1.0)", R"("acc": 0.0)");
  const SamplePairs pairs = files.pair();
  CHECK(pairs.deciding.task == "a");
  CHECK(pairs.deciding.metric == "acc");
  CHECK(pairs.deciding.kind == MetricKind::kBinary);
  CHECK(pairs.deciding.reference == std::vector<double>{1, 1, 1});
  CHECK(pairs.deciding.candidate == std::vector<double>{0, 1, 1});
  CHECK(pairs.deciding.reference_gold == std::vector<double>{-1.25, -1.25, -1.25});
  CHECK(pairs.deciding.candidate_gold == std::vector<double>{-1.5, -1.25, -1.25});
  CHECK(pairs.deciding.candidate_margin == std::vector<double>{-0.5, 1.25, 1.25});
  CHECK(pairs.deciding.candidate_picked == std::vector<int64_t>{0, 1, 1});
  CHECK(pairs.deciding.reference_length.empty());
  REQUIRE(pairs.others.size() == 1);
  CHECK(pairs.others[0].metric == "acc_norm");
  CHECK(pairs.notes.empty());
  CHECK(files.pair({"acc_norm", "", true}).deciding.clusters == std::vector<int64_t>{0, 0, 0});
}

TEST_CASE("what is not the same items is refused, and the first one is named") {
  Files files;
  const auto refusal = [&]() -> std::string {
    try {
      files.pair();
    } catch (const CheckError& error) {
      return error.what();
    }
    return "accepted";
  };
  CHECK(refusal() == "accepted");
  files.b = replaced(files.a, R"("prompt_hash": "p1")", R"("prompt_hash": "p9")");
  CHECK_THAT(refusal(), Contains("b.jsonl line 2: doc_id 1, filter none: prompt_hash: expected p1") &&
                            Contains("found p9: another prompt"));
  files.b = replaced(files.a, R"("doc_hash": "d2")", R"("doc_hash": "d3")");
  CHECK_THAT(refusal(), Contains("doc_id 2") && Contains("another document"));
  files.b = replaced(files.a, R"("target_hash": "t")", R"("target_hash": "u")");
  CHECK_THAT(refusal(), Contains("doc_id 0") && Contains("another target"));
  files.b = line_of(0) + line_of(2);
  CHECK_THAT(refusal(), Contains("b.jsonl: doc_id 1, filter none: expected as in") &&
                            Contains("found none (1 of 3 items missing)"));
  files.b = files.a + line_of(1);
  CHECK_THAT(refusal(),
             Contains("b.jsonl line 4: doc_id 1, filter none: expected once, found again (first in line 2)"));
  files.b = files.a + line_of(7);
  CHECK_THAT(refusal(), Contains("a.jsonl: doc_id 7"));
  files.b = line_of(2) + line_of(0) + line_of(1);  // another order is no fault
  CHECK(refusal() == "accepted");
}

TEST_CASE("a file that cannot be read names line and key, a metric that is not there those that are") {
  Files files;
  files.b = files.a.substr(0, files.a.size() - 40);  // cut in the last line
  CHECK_THROWS_WITH(files.pair(), Contains("b.jsonl line 3"));
  files.b = replaced(files.a, R"("doc_id": 1)", R"("doc_id": "one")");
  CHECK_THROWS_WITH(files.pair(), Contains("b.jsonl line 2") && Contains("doc_id"));
  files.b = "\n";
  CHECK_THROWS_WITH(files.pair(), Contains("found no line"));
  files.b = files.a;
  CHECK_THROWS_WITH(files.pair({"exact_match", "", false}), Contains("there: acc, acc_norm"));
  CHECK_THROWS_WITH(files.pair({"mcc", "", false}), Contains("cannot be paired by item"));
  CHECK_THROWS_WITH(files.pair({"", "strict-match", false}), Contains("expected one of none"));
  write_file_atomically(files.folder.path() / "a.jsonl", files.a);
  CHECK_THROWS_WITH(read_samples(files.folder.path() / "a.jsonl", "topic"), Contains("there: id, subject"));
  CHECK_THROWS_AS(read_samples(files.folder.path() / "none.jsonl"), InputError);
}

TEST_CASE("a target that contradicts the accuracies is no index") {
  Files files;
  files.a = files.b = replaced(files.a, R"("acc": 1.0)", R"("acc": 0.0)");
  const SamplePairs pairs = files.pair();
  CHECK(pairs.deciding.reference_gold.empty());
  REQUIRE(pairs.notes.size() == 1);
  CHECK_THAT(pairs.notes[0], Contains("doc_id 0"));
}

TEST_CASE("fractions, lists and weights") {
  Files files;
  files.a = replaced(files.a, R"("acc": 1.0)", R"("acc": 0.75)");  // truthfulqa_mc2
  CHECK(files.pair().deciding.kind == MetricKind::kReal);
  const auto sample = [](int id, const char* rest) {
    return fmt::format(R"({{"doc_id": {}, "target": "x", "resps": [["abcd \u00e9"]], "filtered_resps": ["5"], {}}})"
                       "\n",
                       id, rest);
  };
  files.a = sample(0, R"("filter": "x", "inst_level_strict_acc": [true, false], "exact_match": "True")") +
            sample(1, R"("filter": "x", "inst_level_strict_acc": [true], "exact_match": 0)");
  files.b = replaced(files.a, "abcd", "abcdefgh");
  const SamplePairs pairs = files.pair();
  CHECK(pairs.deciding.metric == "exact_match");
  CHECK(pairs.deciding.filter == "x");
  CHECK(pairs.deciding.reference == std::vector<double>{1, 0});
  CHECK(pairs.deciding.reference_length == std::vector<double>{6, 6});
  CHECK(pairs.deciding.candidate_length == std::vector<double>{10, 6});
  REQUIRE(pairs.others.size() == 1);
  CHECK(pairs.others[0].reference == std::vector<double>{1, 1});
  CHECK(pairs.others[0].weights == std::vector<double>{2, 1});
  REQUIRE(pairs.notes.size() == 2);  // one a file
  CHECK_THAT(pairs.notes[0], Contains("a.jsonl: has no doc or prompt hashes"));
}

TEST_CASE("a task whose documents share something is clustered by it unasked, where the file has the documents") {
  const auto line = [](int id, const char* rest) {
    return fmt::format(R"({{"doc_id": {}, {}, "acc": 1.0}})"
                       "\n",
                       id, rest);
  };
  const test::TemporaryFolder folder;
  const auto read = [&](const std::string& text, const char* name) {
    folder.write(name, text);
    return read_samples(folder.path() / name);
  };
  const char *one = R"("doc": {"passage": "p"})", *other = R"("doc": {"passage": "q"})";
  const std::string text = line(0, one) + line(1, one) + line(2, other);
  const SampleFile boolq = read(text, "samples_boolq_2026-11-24T10-00-00.123456.jsonl");
  CHECK(pair_samples(boolq, boolq).deciding.clusters == std::vector<int64_t>{0, 0, 1});
  const SampleFile piqa = read(text, "samples_piqa_2026-11-24T10-00-00.123456.jsonl");
  CHECK(pair_samples(piqa, piqa).deciding.clusters.empty());
  const SampleFile bare = read(line(0, R"("task": "boolq")"), "s.jsonl");  // no documents: nobody can tell
  CHECK(pair_samples(bare, bare).deciding.clusters.empty());
  const auto parts = split_by_task(read(line(0, R"("task": "boolq")") + line(0, R"("task": "piqa")"), "s.jsonl"));
  REQUIRE(parts.size() == 2);
  CHECK(parts[1].task == "piqa");
  CHECK(parts[1].rows.size() == 1);
}

TEST_CASE("folders: by task, the latest of several dates") {
  const test::TemporaryFolder folder;
  folder.write("m/samples_arc_easy_2026-11-24T10-00-00.123456.jsonl", "");
  folder.write("m/samples_arc_easy_2026-11-23T23-00-00.123456.jsonl", "");
  folder.write("piqa.jsonl", "");
  folder.write("results.json", "");
  const auto found = find_samples(folder.path());
  REQUIRE(found.size() == 2);
  CHECK(found.at("arc_easy").filename() == "samples_arc_easy_2026-11-24T10-00-00.123456.jsonl");
  CHECK(found.at("piqa").filename() == "piqa.jsonl");
  CHECK(task_of_samples("x/samples_arc_easy.jsonl") == "arc_easy");  // as fp8bench eval writes it
  CHECK(task_of_samples("samples.jsonl") == "samples");
  const test::TemporaryFolder empty;
  CHECK_THROWS_WITH(find_samples(empty.path()), Contains("samples_TASK_DATE.jsonl"));
}

TEST_CASE("the metric table has no name twice, and shares are read as people write them") {
  for (const MetricInfo& info : metric_table()) CHECK(find_metric(info.name) == &info);
  CHECK(is_set_metric("mcc"));
  CHECK(parse_share("0.5pp", "--margin") == Approx(0.005));
  CHECK(parse_share("2%", "--margin") == Approx(0.02));
  CHECK(parse_share("4 %", "--margin") == Approx(0.04));
  CHECK(parse_share("0.02", "--margin") == 0.02);
  for (const char* bad : {"", "2", "-1%", "0", "100%", "1px", "nan", "2%%"})
    CHECK_THROWS_WITH(parse_share(bad, "--margin"), Contains("--margin: expected a share"));
}

TEST_CASE("samples of the real lm-eval pair with themselves, and an injected loss is found") {
  FP8BENCH_REQUIRE_DATA(path, "goldens/lmeval/smollm2-bf16/arc_easy.jsonl");
  const SampleFile reference = read_samples(path);
  SampleFile candidate = reference;
  const SamplePairs same = pair_samples(reference, candidate);
  CHECK(same.deciding.reference.size() == 150);
  CHECK(same.deciding.reference_gold.size() == 150);
  CHECK(judge_task(same.deciding).reference == Approx(0.52));
  CHECK(judge_task(same.deciding).outcome == StageOutcome::kPass);
  int lost = 0;
  for (SampleRow& row : candidate.rows) {
    if (row.metrics["acc"][0] != 1 || lost == 12) continue;
    row.metrics["acc"][0] = 0;
    row.choices[static_cast<size_t>(row.target)] -= 30;
    ++lost;
  }
  CHECK(judge_task(pair_samples(reference, candidate).deciding).outcome == StageOutcome::kRegression);
  for (const char* name : {"gsm8k", "piqa", "winogrande", "wikitext", "mmlu_anatomy", "arc_challenge"}) {
    INFO(name);
    const SampleFile one = read_samples(path.parent_path() / (std::string(name) + ".jsonl"));
    const SamplePairs pairs = pair_samples(one, one);
    CHECK(pairs.notes.empty());
    CHECK(judge_task(pairs.deciding).outcome != StageOutcome::kInvalid);
    const bool choice = !pairs.deciding.reference_picked.empty();
    CHECK(choice == (std::string(name) != "gsm8k" && std::string(name) != "wikitext"));
    CHECK(pairs.deciding.reference_length.empty() == (std::string(name) != "gsm8k"));
  }
}

}  // namespace
}  // namespace fp8bench
