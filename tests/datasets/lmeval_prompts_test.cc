// Against lm-eval 0.4.13 with a stand-in for the model: every prompt, target and hash of every document (as digests),
// and the metrics and figures of seeded random answers. tests/datasets/lmeval/make_goldens.py made the goldens, from
// the public files (FP8BENCH_DATA) and from the invented ones beside it, which have a file of examples for every task.
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <map>
#include <string>

#include "datasets/eval/eval_tasks.h"
#include "datasets/eval/figures.h"
#include "datasets/eval/python_dump.h"
#include "datasets/eval/samples.h"
#include "datasets/task.h"
#include "harness/io/sha256.h"
#include "tests/test_data.h"

namespace fp8bench {
namespace {

using Json = nlohmann::ordered_json;

Json read_json(const std::string& name) {
  Json json;
  std::ifstream(test::source_path("tests/datasets/lmeval/" + name)) >> json;
  return json;
}

std::string digest(const EvalDocument& document) {
  return sha256_hex(
      python_dumps(Json::array({sample_arguments(document), sha256_hex(doc_hash_text(document)),
                                sha256_hex(prompt_hash_text(document)), sha256_hex(target_hash_text(document))})));
}

struct Run {
  std::unique_ptr<EvalTask> task;
  std::vector<EvalDocument> documents;
};

Run build(const std::string& name, const std::string& data, int64_t shots, int64_t limit) {
  const EvalTaskInfo* info = find_eval_task(name);
  REQUIRE(info != nullptr);
  Run run{info->make(*info), {}};
  run.documents = run.task->documents({data, limit, shots, 1234, {}});
  return run;
}

void check_documents(const Json& expected, const std::vector<EvalDocument>& documents) {
  CHECK(documents.size() == expected.at("count"));
  std::string all;
  for (const EvalDocument& document : documents) all += (all.empty() ? "" : "\n") + digest(document);
  for (size_t i = 0; i < expected.at("first").size(); ++i) {
    INFO("document " << i << ": " << sample_arguments(documents[i]).dump());
    CHECK(digest(documents[i]).substr(0, 16) == expected.at("first")[i]);
  }
  CHECK(sha256_hex(all) == expected.at("sha256"));
}

Response response_of(const Json& resps) {
  const Json& answer = resps.at(0);
  Response response;
  if (answer.is_string()) response.text = answer;
  if (answer.is_number()) response.log_likelihood = answer;
  if (answer.is_array()) response.log_likelihood = answer.at(0), response.greedy = answer.at(1);
  return response;
}

// lm-eval takes its exponentials from numpy, whose last bit may differ.
bool close(double ours, double theirs) { return ours == theirs || std::abs(ours - theirs) <= 1e-13 * std::abs(theirs); }

void check_figure(const Json& expected, const std::string& name, double value) {
  INFO(name << ": " << value << ", expected " << expected.dump());
  REQUIRE(!expected.is_null());
  CHECK((expected.is_string() ? std::isnan(value) : close(value, expected.get<double>())));
}

std::map<std::string, EvalFigure> check_answers(const Run& run, const Json& rows, const Json& figures) {
  std::vector<std::vector<EvalSample>> samples;
  for (size_t d = 0; d < run.documents.size(); ++d) {
    std::vector<Response> responses;
    for (const Json& resps : rows.at(d).at(1)) responses.push_back(response_of(resps));
    samples.push_back(run.task->score(run.documents[d], responses));
    for (size_t f = 0; f < samples[d].size(); ++f) {
      const Json& row = rows.at(f * run.documents.size() + d);
      INFO("document " << d << ", " << row.dump());
      CHECK(samples[d][f].filter == row.at(0));
      CHECK(samples[d][f].filtered_resps == row.at(2));
      for (const auto& metric : row.at(3).items()) {
        const Json& ours = samples[d][f].logged.at(metric.key());
        CHECK((ours == metric.value() || (ours.is_number() && close(ours, metric.value()))));
      }
    }
  }
  std::map<std::string, EvalFigure> found;
  for (const EvalFigure& figure : run.task->figures(run.documents, samples)) {
    const std::string key = figure.metric + "," + figure.filter, error = figure.metric + "_stderr," + figure.filter;
    check_figure(figures.value(key, Json()), key, figure.value);
    check_figure(figures.value(error, Json()), error, figure.standard_error);
    found[key] = figure;
  }
  CHECK(figures.size() == 2 * found.size());
  return found;
}

// The tasks of a group, then the group over them, its subgroups too.
void check_group(const std::string& name, const std::string& data, const Json& entry) {
  std::map<std::string, std::map<std::string, EvalFigure>> found;
  for (const std::string& task : tasks_of(name))
    found[task] = check_answers(build(task, data, entry.at("num_fewshot"), entry.at("limit")),
                                entry.at("rows").at(task), entry.at("figures").at(task));
  CHECK(found.size() == entry.at("rows").size());
  size_t groups = 0;
  for (const EvalGroup& group : eval_groups()) {
    if (!entry.at("figures").contains(group.name)) continue;
    ++groups;
    std::vector<double> values, errors;
    std::vector<int64_t> sizes;
    for (const std::string& task : tasks_of(group.name)) {
      const EvalFigure& figure = found.at(task).at(group.metric + ",none");
      values.push_back(figure.value), errors.push_back(figure.standard_error);
      sizes.push_back(entry.at("limit"));
    }
    const Json& figures = entry.at("figures").at(group.name);
    check_figure(figures.at(group.metric + ",none"), group.name, group_mean(values, sizes));
    check_figure(figures.at(group.metric + "_stderr,none"), group.name, pooled_standard_error(errors, sizes));
  }
  CHECK(groups == 5);
}

void check_set(const std::string& file, const std::string& data) {
  const Json goldens = read_json(file);
  for (const Json& entry : goldens.at("entries")) {
    const std::string name = entry.at("task");
    INFO(name << ", " << entry.at("num_fewshot") << " shots");
    if (find_eval_group(name) != nullptr) {
      check_group(name, data, entry);
      continue;
    }
    Run run = build(name, data, entry.at("num_fewshot"), -1);
    check_documents(entry.at("documents"), run.documents);
    if (entry.at("limit") == 0) continue;
    run = build(name, data, entry.at("num_fewshot"), entry.at("limit"));
    check_answers(run, entry.at("rows").at(name), entry.at("figures").at(name));
  }
}

TEST_CASE("prompts, hashes, metrics and figures are lm-eval's on invented items, with every kind of examples") {
  check_set("synthetic.json", test::source_path("tests/datasets/lmeval/data").string());
}

// The goldens' template prints the messages themselves.
ChatOptions chat_of(const Json& entry) {
  ChatOptions chat;
  chat.render = [](const Json& messages, const Json& tools) {
    CHECK(tools.is_null());
    return python_dumps(messages) + "answer:";
  };
  chat.apply = entry.at("apply_chat_template");
  chat.multiturn = entry.at("fewshot_as_multiturn");
  if (entry.at("system_instruction").is_string()) chat.system = entry.at("system_instruction");
  return chat;
}

TEST_CASE("prompts as chats and system instructions are lm-eval's on invented items") {
  const std::string data = test::source_path("tests/datasets/lmeval/data").string();
  const Json goldens = read_json("chat.json");
  std::map<std::string, int> tasks;
  for (const Json& entry : goldens.at("entries")) {
    const std::string name = entry.at("task");
    INFO(name << ", " << entry.dump());
    const auto task = find_eval_task(name)->make(*find_eval_task(name));
    const ChatOptions chat = chat_of(entry);
    check_documents(entry.at("documents"), task->documents({data, -1, entry.at("num_fewshot"), 1234, chat}));
    ++tasks[name];
  }
  CHECK(tasks.size() == 13);
}

TEST_CASE("a chat without a template is refused") {
  const std::string data = test::source_path("tests/datasets/lmeval/data").string();
  ChatOptions chat;
  chat.apply = true;
  const auto task = find_eval_task("piqa")->make(*find_eval_task("piqa"));
  CHECK_THROWS_AS(task->documents({data, -1, 0, 1234, chat}), DatasetError);
}

TEST_CASE("prompts, hashes, metrics and figures are lm-eval's on the public files") {
  FP8BENCH_REQUIRE_DATA(eval, "eval/wikitext-2-raw");
  check_set("public.json", test::data_path(".").string());
}

}  // namespace
}  // namespace fp8bench
