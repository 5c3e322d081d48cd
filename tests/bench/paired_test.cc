// `fp8bench plan` and `paired` as a user runs them: tables, records, exit codes, and injected faults.
#include <fmt/core.h>

#include <catch2/catch.hpp>

#include "harness/io/text_file.h"
#include "harness/report/record.h"
#include "tests/house/program.h"

using namespace fp8bench;
using namespace fp8bench::test;
using Catch::Matchers::Contains;

namespace {

// Multiple choice with two answers; answer 0 is right, and picked unless `lost` comes before the item.
std::string samples(int items, int lost, const char* prompt = "p", const std::string& task = "") {
  std::string out;
  for (int i = 0; i < items; ++i) {
    const bool right = i >= lost && i % 4 != 3;
    out +=
        fmt::format(R"({{"doc_id": {}, "doc": {{"subject": "s{}"}}, "target": 0, "filter": "none", )"
                    R"("filtered_resps": [[{:.3f}, true], [-2.0, false]], "doc_hash": "d{}", "prompt_hash": "{}{}", )"
                    R"("metrics": ["acc"], "acc": {}{}}})"
                    "\n",
                    i, i % 20, right ? -1.0 - 0.001 * (i % 7) : -3.0, i, prompt, i, right ? "1.0" : "0.0",
                    task.empty() ? task : fmt::format(R"(, "task": "{}")", task));
  }
  return out;
}

}  // namespace

TEST_CASE("plan says how many items it takes, what tasks can show, and how long it lasts") {
  const Outcome plan = run_program("plan --margin 0.5pp --discordance 4%");
  CHECK(plan.code == 0);
  CHECK_THAT(plan.out, Contains("0.50 points") && Contains("9985") && Contains("9890") && Contains("plan "));
  const Outcome tasks =
      run_program("plan --margin 0.005 --discordance 0.04 --rate 10 --tasks arc_easy=2376,mmlu=14042,piqa");
  CHECK(tasks.code == 2);  // arc_easy cannot decide
  CHECK_THAT(tasks.out, Contains("too few") && Contains("enough") && Contains("min"));
  CHECK(run_program("plan --margin 2% --discordance 4% --tasks arc_easy=2376").code == 0);
  CHECK_THAT(run_program("plan --margin 5pp --discordance 4%").out, Contains("it cannot happen"));
  for (const char* bad : {"--margin 2", "--alpha 0.7", "--tasks a,a", "--tasks a=x", "--discordance 0"}) {
    const Outcome refused = run_program(std::string("plan ") + bad);
    INFO(bad << ": " << refused.err);
    CHECK(refused.code == 4);
  }
}

TEST_CASE("paired: each verdict has its exit code") {
  const TemporaryFolder folder;
  const std::string at = folder.path().string() + "/";
  const auto paired = [&](const std::string& b, const std::string& options = "") {
    write_file_atomically(folder.path() / "b.jsonl", b);
    return run_program("paired " + at + "a.jsonl " + at + "b.jsonl " + options);
  };
  write_file_atomically(folder.path() / "a.jsonl", samples(400, 0));
  const Outcome same = paired(samples(400, 0));
  CHECK(same.code == 0);
  CHECK_THAT(same.out, Contains("PASS") && Contains("-0 +0") && Contains("0 of 400"));
  const Outcome lost = paired(samples(400, 40), "--json " + at + "r.json");
  CHECK(lost.code == 1);
  CHECK_THAT(lost.out, Contains("REGRESSION") && Contains("-30 +0") && Contains("75.00 %"));
  const Record record = read_record(folder.path() / "r.json");
  CHECK(record.content["rows"][0]["pairs"]["right_to_wrong"] == 30);
  CHECK(record.content["plan_sha256"].get<std::string>().size() == 64);
  CHECK(record.content["verdict"]["exit"] == 1);
  CHECK(paired(samples(400, 40), "--margin 20%").code == 0);
  CHECK(paired(samples(400, 0), "--margin 0.1pp").code == 2);
  const Outcome clustered = paired(samples(400, 0), "--cluster subject --margin 20%");
  CHECK(clustered.code == 0);
  CHECK_THAT(clustered.out, Contains("400 (20 clusters)"));
  CHECK(paired(samples(400, 0, "q"), "--json " + at + "r.json").code == 3);
  CHECK_THAT(read_record(folder.path() / "r.json").content["verdict"]["line"].get<std::string>(),
             Contains("INVALID") && Contains("prompt_hash"));
  CHECK(paired(samples(399, 0)).code == 3);
  CHECK(paired(samples(400, 0) + samples(1, 0)).code == 3);
  CHECK(paired(samples(400, 0).substr(0, 5000)).code == 4);
  CHECK(paired(samples(400, 0), "--metric exact_match").code == 4);
  CHECK(run_program("paired " + at + "a.jsonl").code == 4);
  const Outcome metrics = run_program("paired --metrics");
  CHECK(metrics.code == 0);
  CHECK_THAT(metrics.out, Contains("word_perplexity") && Contains("[log-likelihood, words]"));
}

TEST_CASE("paired: folders by task, Markdown, JSON, and a plan that was fixed before") {
  const TemporaryFolder folder;
  for (const char* side : {"a", "b"})
    for (const char* task : {"arc_easy", "piqa"})
      folder.write(fmt::format("{}/m/samples_{}_2026-11-24T10-00-00.1.jsonl", side, task), samples(400, 0));
  const std::string at = folder.path().string(), sides = "paired " + at + "/a " + at + "/b ";
  const Outcome both = run_program(sides + "--format md");
  CHECK(both.code == 0);
  CHECK_THAT(both.out, Contains("| arc_easy |") && Contains("| piqa |") && Contains("Holm over 2"));
  const Outcome as_json = run_program(sides + "--format json --tasks piqa");
  CHECK(nlohmann::json::parse(as_json.out)["rows"].size() == 1);

  const std::string plan = at + "/plan.json";
  CHECK(run_program("plan --margin 3pp --discordance 1% --tasks arc_easy=400,piqa=400 --json " + plan).code == 0);
  const Outcome planned = run_program(sides + "--plan " + plan);
  CHECK(planned.code == 0);
  const std::string hash = read_record(plan).content["plan_sha256"].get<std::string>();
  CHECK_THAT(planned.out, Contains("plan " + hash.substr(0, 16)) && Contains("margin 3 points"));
  CHECK(run_program(sides + "--tasks piqa --plan " + plan).code == 3);  // a task was left out
  std::string edited = read_text_file(plan);
  edited.replace(edited.find("0.03"), 4, "0.09");
  write_file_atomically(plan, edited);
  CHECK(run_program(sides + "--plan " + plan).code == 3);  // the margin was moved

  folder.write("b/m/samples_extra_2026-11-24T10-00-00.1.jsonl", samples(4, 0));
  const Outcome extra = run_program(sides);
  CHECK(extra.code == 3);
  CHECK_THAT(extra.out, Contains("task extra"));
}

TEST_CASE("paired: a file that holds several tasks is taken apart by the tasks that its lines name") {
  const TemporaryFolder folder;
  const std::string at = folder.path().string();
  const auto tasks = [&](int lost) { return samples(400, 0, "p", "piqa") + samples(300, lost, "p", "arc_easy"); };
  folder.write("a.jsonl", tasks(0));
  folder.write("b.jsonl", tasks(60));
  const std::string files = "paired " + at + "/a.jsonl " + at + "/b.jsonl ";
  const Outcome both = run_program(files + "--json " + at + "/r.json");
  CHECK(both.code == 1);
  const Record record = read_record(folder.path() / "r.json");
  REQUIRE(record.content["rows"].size() == 2);
  CHECK(record.content["rows"][0]["task"] == "arc_easy");
  CHECK(record.content["rows"][0]["verdict"] == "regression");
  CHECK(record.content["rows"][1]["task"] == "piqa");
  CHECK(record.content["rows"][1]["verdict"] == "pass");
  CHECK(run_program(files + "--tasks piqa").code == 0);
  folder.write("b.jsonl", samples(400, 0, "p", "piqa"));
  const Outcome lacking = run_program(files);
  CHECK(lacking.code == 3);
  CHECK_THAT(lacking.out, Contains("b.jsonl: task arc_easy: expected its samples, found none"));
  // One task on each side: lines that name another task are another task.
  folder.write("a.jsonl", samples(400, 0, "p", "arc_easy"));
  CHECK(run_program(files).code == 3);
  folder.write("a.jsonl", samples(400, 0));
  CHECK_THAT(run_program(files).out, Contains("piqa"));
  folder.write("x/all.jsonl", tasks(0));
  folder.write("y/all.jsonl", tasks(0));
  const Outcome mixed = run_program("paired " + at + "/x " + at + "/y");
  CHECK(mixed.code == 4);
  CHECK_THAT(mixed.err, Contains("one task a file in a folder, found piqa, arc_easy") && Contains("hint"));
}

TEST_CASE("paired: with the samples of another correct run, floor flips and the gold rule are in the rows") {
  const TemporaryFolder folder;
  const std::string at = folder.path().string();
  const auto shifted = [](double nats) {  // every right answer a little less likely, none lost
    std::string text = samples(400, 0);
    for (const char* digit : {"-1.000", "-1.001", "-1.002", "-1.003", "-1.004", "-1.005", "-1.006"})
      for (size_t place = 0; (place = text.find(fmt::format("[[{},", digit), place)) != std::string::npos; ++place)
        text.replace(place + 2, 6, fmt::format("{:.3f}", std::atof(digit) - nats));
    return text;
  };
  folder.write("a.jsonl", shifted(0));
  folder.write("b.jsonl", shifted(0.2));
  folder.write("c.jsonl", shifted(0.21));
  folder.write("d.jsonl", shifted(0.4));
  const std::string files = "paired " + at + "/a.jsonl " + at + "/b.jsonl --json " + at + "/r.json ";
  CHECK(run_program(files).code == 0);  // no floor is known, so no rule
  const Outcome gold = run_program(files + "--floor " + at + "/c.jsonl");
  CHECK(gold.code == 1);
  CHECK_THAT(gold.out, Contains("beyond the rounding floor of"));
  const nlohmann::json row = read_record(folder.path() / "r.json").content["rows"][0];
  CHECK(row["by_gold"] == true);
  CHECK(row["floor_gold_logprob"].get<double>() < 0.011);
  CHECK(row["floor_pairs"]["right_to_wrong"] == 0);
  CHECK(run_program(files + "--floor " + at + "/d.jsonl").code == 0);  // the rounding moves as much
  folder.write("c.jsonl", samples(399, 0));
  CHECK(run_program(files + "--floor " + at + "/c.jsonl").code == 3);
}
