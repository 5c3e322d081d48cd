// However sequences are batched, each writes what it writes alone.
#include "harness/engine/generate.h"

#include "harness/engine/session.h"
#include "tests/engine/models.h"

namespace fp8bench::test {
namespace {

std::vector<std::vector<int32_t>> generated(const std::shared_ptr<const Model>& model, const EngineOptions& options,
                                            const std::vector<GenerationJob>& jobs, const GenerationLimits& limits) {
  Decoder decoder(model, options);
  const Head head(model);
  std::vector<std::vector<int32_t>> out(jobs.size());
  std::vector<int> calls(jobs.size(), 0);
  generate(decoder, head, jobs, limits, [&](size_t job, std::vector<int32_t> tokens) {
    ++calls[job];
    out[job] = std::move(tokens);
  });
  for (const int count : calls) CHECK(count == 1);
  return out;
}

// Prompts with a common beginning, of several lengths.
std::vector<GenerationJob> some_jobs(int64_t vocab) {
  std::vector<GenerationJob> jobs;
  const std::vector<int32_t> shared = some_ids(24, vocab, 1);
  for (uint32_t i = 0; i < 5; ++i) {
    std::vector<int32_t> prompt = i == 3 ? std::vector<int32_t>{} : shared;
    const std::vector<int32_t> own = some_ids(1 + i * 3, vocab, 10 + i);
    prompt.insert(prompt.end(), own.begin(), own.end());
    jobs.push_back(
        {.prompt = prompt, .max_tokens = 6 + static_cast<int64_t>(i), .sampling = {}, .stream = i, .stop = {}});
  }
  return jobs;
}

}  // namespace

TEST_CASE("sequences written together are what each writes alone, greedy or sampled") {
  for (const NamedModel& named : tiny_models()) {
    for (const EngineOptions& options : option_variants()) {
      INFO(named.name << ", policy " << policy_name(options.policy) << ", kv " << kv_name(options.kv));
      std::vector<GenerationJob> jobs = some_jobs(named.model->config().vocab);
      jobs[2].sampling = jobs[4].sampling = {.temperature = 1.5, .top_k = 40, .seed = 5};
      const auto together = generated(named.model, options, jobs, {});
      const auto two = generated(named.model, options, jobs, {.sequences = 2});
      CHECK(two == together);
      CHECK(generated(named.model, options, jobs, {.cache_bytes = 1}) == together);  // one after the other
      for (size_t i = 0; i < jobs.size(); ++i) {
        CHECK(static_cast<int64_t>(together[i].size()) == jobs[i].max_tokens);
        if (jobs[i].sampling.temperature > 0) continue;
        Session session(named.model, options);
        CHECK(generate_greedy(session, jobs[i].prompt, jobs[i].max_tokens) == together[i]);
      }
    }
  }
}

TEST_CASE("a sequence ends when its condition says so, with the token that made it end") {
  const std::shared_ptr<const Model> model = tiny_models()[0].model;
  std::vector<GenerationJob> jobs = some_jobs(model->config().vocab);
  const auto free = generated(model, {}, jobs, {});
  jobs[1].stop = [](std::span<const int32_t> written) { return written.size() == 3; };
  jobs[0].max_tokens = 0;
  size_t heard = 0;
  jobs[3].stop = [&](std::span<const int32_t> written) {
    heard = written.size();
    return false;
  };
  const auto stopped = generated(model, {}, jobs, {});
  CHECK(stopped[0].empty());
  CHECK(stopped[1] == std::vector<int32_t>(free[1].begin(), free[1].begin() + 3));
  CHECK(stopped[2] == free[2]);
  CHECK(stopped[3] == free[3]);
  CHECK(heard == free[3].size());  // of the last token too
  jobs[2].prompt.clear();
  CHECK_THROWS_AS(generated(model, {}, jobs, {}), std::invalid_argument);
}

}  // namespace fp8bench::test
