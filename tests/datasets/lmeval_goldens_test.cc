// Item by item against the samples that the real lm-eval 0.4.13 wrote: prompts, targets, hashes, filtered answers,
// metrics and figures are equal, to the last bit where lm-eval prints numbers.
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <string>

#include "datasets/eval/eval_tasks.h"
#include "datasets/eval/samples.h"
#include "harness/io/sha256.h"
#include "tests/test_data.h"

namespace fp8bench {
namespace {

using Json = nlohmann::ordered_json;

struct Golden {
  Json meta;
  std::vector<Json> rows;  // per document one row per filter, filter by filter
};

Golden read_golden(const std::filesystem::path& folder, const std::string& task) {
  Golden golden;
  std::ifstream(folder / (task + ".meta.json")) >> golden.meta;
  std::ifstream file(folder / (task + ".jsonl"));
  for (std::string line; std::getline(file, line);) golden.rows.push_back(Json::parse(line));
  return golden;
}

std::vector<Response> responses_of(const Json& row) {
  std::vector<Response> responses;
  for (const Json& request : row.at("resps")) {
    const Json& answer = request.at(0);
    Response& response = responses.emplace_back();
    if (answer.is_string()) {
      response.text = answer;
    } else if (answer.is_array()) {
      response.log_likelihood = answer.at(0), response.greedy = answer.at(1);
    } else {
      response.log_likelihood = answer;
    }
  }
  return responses;
}

// What differs between our sample and lm-eval's row; empty when nothing does.
std::string difference(const EvalDocument& document, const EvalSample& sample, const Json& row) {
  if (document.id != row.at("doc_id")) return "doc_id";
  if (sample.filter != row.at("filter")) return "filter";
  if (document.target != row.at("target")) return "target";
  if (sample_arguments(document) != row.at("arguments")) return "arguments";
  if (sha256_hex(doc_hash_text(document)) != row.at("doc_hash")) return "doc_hash";
  if (sha256_hex(prompt_hash_text(document)) != row.at("prompt_hash")) return "prompt_hash";
  if (row.contains("target_hash") && sha256_hex(target_hash_text(document)) != row.at("target_hash"))
    return "target_hash";
  if (sample.filtered_resps != row.at("filtered_resps")) return "filtered_resps";
  for (const auto& metric : sample.logged.items())
    if (!row.contains(metric.key()) || row.at(metric.key()) != metric.value()) return metric.key();
  return "";
}

TEST_CASE("every visible golden of lm-eval is reproduced, prompts and figures") {
  FP8BENCH_REQUIRE_DATA(folder, "goldens/lmeval/smollm2-bf16");
  const std::string data = test::data_path(".").string();
  size_t compared = 0;
  for (const std::string task :
       {"arc_easy", "arc_challenge", "gsm8k", "mmlu_anatomy", "piqa", "wikitext", "winogrande"}) {
    INFO(task);
    const Golden golden = read_golden(folder, task);
    const EvalTaskInfo* info = find_eval_task(task);
    REQUIRE(info != nullptr);
    EvalOptions options{data, golden.meta.at("limit"), golden.meta.at("num_fewshot"), 1234};
    const std::unique_ptr<EvalTask> evaluation = info->make(*info);
    const std::vector<EvalDocument> documents = evaluation->documents(options);
    REQUIRE(documents.size() == golden.meta.at("limit"));
    std::vector<std::vector<EvalSample>> samples;
    for (size_t d = 0; d < documents.size(); ++d) {
      INFO("document " << d);
      samples.push_back(evaluation->score(documents[d], responses_of(golden.rows.at(d))));
      REQUIRE(golden.rows.size() == documents.size() * samples[d].size());
      for (size_t f = 0; f < samples[d].size(); ++f, ++compared)
        CHECK(difference(documents[d], samples[d][f], golden.rows[f * documents.size() + d]) == "");
    }
    const Json& results = golden.meta.at("results");
    const auto figures = evaluation->figures(documents, samples);
    CHECK(figures.size() + 1 == results.size());  // sample_len
    for (const EvalFigure& figure : figures)
      CHECK(figure.value == results.at(figure.metric + "," + figure.filter).get<double>());
    // A changed prompt is noticed.
    EvalDocument changed = documents[0];
    changed.requests[0].context += " ", changed.requests[0].continuation += " ";
    CHECK(difference(changed, samples[0][0], golden.rows[0]) == "arguments");
  }
  CHECK(compared == 150 + 60 + 8 + 15 + 150 + 3 + 150);
}

}  // namespace
}  // namespace fp8bench
