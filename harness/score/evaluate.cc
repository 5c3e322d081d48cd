#include "harness/score/evaluate.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <unordered_map>

#include "harness/io/error.h"
#include "harness/io/sha256.h"
#include "harness/score/stop_condition.h"
#include "harness/text/tool_call.h"

namespace fp8bench {
namespace {

// One thing to compute, whichever requests need it.
struct ScoreWork {
  ScoredSequence sequence;
  std::vector<std::string> keys;  // per run
};
struct GenerateWork {
  std::vector<int32_t> prompt;
  int64_t max_tokens = 0;
  StopCondition stop;
  std::vector<std::string> keys;  // per run
};

// Which work answers a request: scored sequences whose log-likelihoods add up, in order, or one generation.
struct RequestPlan {
  std::vector<size_t> scores;
  size_t generation = 0;
};

class Evaluation {
 public:
  Evaluation(const EvaluationSetup& setup, Journal& journal,
             const std::function<void(const EvaluationProgress&)>& progress)
      : setup_(setup), journal_(journal), report_(progress), tokens_(*setup.tokenizer, setup.tokens) {}

  std::vector<std::vector<Response>> answer(std::span<const Request* const> requests) {
    for (const Request* request : requests) plan(*request);
    count();
    score();
    write();
    std::vector<std::vector<Response>> out(setup_.runs.size());
    for (size_t r = 0; r < setup_.runs.size(); ++r)
      for (size_t i = 0; i < requests.size(); ++i) out[r].push_back(response(*requests[i], plans_[i], r));
    return out;
  }

 private:
  static const std::string& context_of(const Request& request) {
    if (!request.messages.is_null() && request.context.empty())
      throw InputError("a chat task needs a chat template, and there is none");
    return request.context;
  }

  void plan(const Request& request) {
    RequestPlan plan;
    switch (request.kind) {
      case RequestKind::kLogLikelihood:
        plan.scores.push_back(add_score(tokens_.pair(context_of(request), request.continuation)));
        break;
      case RequestKind::kRolling:
        for (ScoredSequence& window : tokens_.rolling(request.continuation))
          plan.scores.push_back(add_score(std::move(window)));
        break;
      case RequestKind::kGenerateUntil:
        plan.generation = add_generation(request);
        break;
    }
    plans_.push_back(std::move(plan));
  }

  std::vector<std::string> keys_of(const std::string& work) const {
    std::vector<std::string> keys;
    for (const EvaluatedRun& run : setup_.runs) keys.push_back(sha256_hex(run.identity + "\n" + work));
    return keys;
  }

  size_t add_score(ScoredSequence sequence) {
    const std::string work = fmt::format("score{} {} of {}", setup_.float32_softmax ? " float32" : "", sequence.scored,
                                         fmt::join(sequence.ids, " "));
    const auto [found, fresh] = score_index_.try_emplace(sha256_hex(work), scores_.size());
    if (fresh) scores_.push_back({std::move(sequence), keys_of(work)});
    return found->second;
  }

  size_t add_generation(const Request& request) {
    std::vector<int32_t> prompt = tokens_.prompt(context_of(request), request.max_tokens);
    const std::string work =
        fmt::format("generate {} until {} eos {} after {}", request.max_tokens, nlohmann::json(request.until).dump(),
                    fmt::join(setup_.eos, " "), fmt::join(prompt, " "));
    const auto [found, fresh] = generation_index_.try_emplace(sha256_hex(work), generations_.size());
    if (fresh)
      generations_.push_back({std::move(prompt), request.max_tokens,
                              StopCondition(*setup_.tokenizer, request.until, setup_.eos), keys_of(work)});
    return found->second;
  }

  bool answered(const std::vector<std::string>& keys) const {
    return std::all_of(keys.begin(), keys.end(), [&](const auto& key) { return journal_.find(key) != nullptr; });
  }

  static int64_t cost(const ScoreWork& work) { return static_cast<int64_t>(work.sequence.ids.size()); }
  static int64_t cost(const GenerateWork& work) { return static_cast<int64_t>(work.prompt.size()) + work.max_tokens; }

  void count() {
    const auto add = [&](const auto& list) {
      for (const auto& work : list) {
        progress_.total += cost(work);
        if (answered(work.keys)) progress_.resumed += cost(work);
      }
    };
    add(scores_);
    add(generations_);
    progress_.done = progress_.resumed;
    report();
  }

  void report() const {
    if (report_) report_(progress_);
  }

  int64_t pass_tokens(std::span<const RunSpec> runs) const {
    const int64_t fit = std::max<int64_t>(setup_.memory_bytes / pass_bytes_per_token(runs), 1);
    return setup_.pass_tokens > 0 ? std::min(setup_.pass_tokens, fit) : fit;
  }

  void score() {
    std::vector<const ScoreWork*> open;
    std::vector<ScoredSequence> sequences;
    for (const ScoreWork& work : scores_) {
      if (answered(work.keys)) continue;
      open.push_back(&work);
      sequences.push_back(work.sequence);
    }
    if (open.empty()) return;
    std::vector<RunSpec> runs;
    std::vector<std::shared_ptr<const Head>> heads;
    for (const EvaluatedRun& run : setup_.runs) {
      runs.push_back(run.run);
      heads.push_back(run.head);
    }
    for (const std::vector<size_t>& pass : plan_passes(sequences, pass_tokens(runs))) {
      std::vector<ScoredSequence> part;
      int64_t tokens = 0;
      for (const size_t s : pass) {
        part.push_back(sequences[s]);
        tokens += cost(*open[s]);
      }
      const int64_t before = progress_.done;
      const auto scores = score_sequences(
          runs, heads, part,
          [&](int64_t done, int64_t total) {
            progress_.done = before + static_cast<int64_t>(static_cast<double>(tokens) * static_cast<double>(done) /
                                                           static_cast<double>(total));
            report();
          },
          setup_.float32_softmax);
      for (size_t i = 0; i < pass.size(); ++i)
        for (size_t r = 0; r < runs.size(); ++r)
          journal_.add(open[pass[i]]->keys[r],
                       {.log_likelihood = scores[r][i].log_likelihood, .greedy = scores[r][i].greedy, .tokens = {}});
      journal_.flush();
      progress_.done = before + tokens;
      report();
    }
  }

  void write() {
    const int64_t runs = static_cast<int64_t>(setup_.runs.size());
    for (size_t r = 0; r < setup_.runs.size(); ++r) {
      std::vector<const GenerateWork*> open;
      std::vector<GenerationJob> jobs;
      for (const GenerateWork& work : generations_) {
        if (journal_.find(work.keys[r]) != nullptr) continue;
        open.push_back(&work);
        jobs.push_back({.prompt = work.prompt,
                        .max_tokens = work.max_tokens,
                        .sampling = {},
                        .stream = 0,
                        .stop = [&work](std::span<const int32_t> written) { return work.stop.reached(written); }});
      }
      if (open.empty()) continue;
      Decoder decoder(setup_.runs[r].run.model, setup_.runs[r].run.options);
      const GenerationLimits limits{.cache_bytes = setup_.memory_bytes};
      generate(decoder, *setup_.runs[r].head, jobs, limits, [&](size_t job, std::vector<int32_t> tokens) {
        journal_.add(open[job]->keys[r], {.log_likelihood = 0, .greedy = true, .tokens = std::move(tokens)});
        journal_.flush();
        progress_.done = std::min(progress_.total, progress_.done + cost(*open[job]) / runs);
        report();
      });
    }
  }

  // The marks of a call are special tokens, which the text does not show.
  nlohmann::ordered_json tool_calls(std::span<const int32_t> written) const {
    auto calls = nlohmann::ordered_json::array();
    for (const ToolCall& call : parse_tool_calls(setup_.tokenizer->decode(written, false)).calls)
      calls.push_back({{"name", call.name}, {"arguments", call.arguments}});
    return calls;
  }

  Response response(const Request& request, const RequestPlan& plan, size_t run) const {
    Response response;
    if (request.kind == RequestKind::kGenerateUntil) {
      const GenerateWork& work = generations_[plan.generation];
      const JournalAnswer& answer = *journal_.find(work.keys[run]);
      response.text = work.stop.text(answer.tokens);
      response.tokens = static_cast<int64_t>(answer.tokens.size());
      if (!request.tools.is_null()) response.tool_calls = tool_calls(answer.tokens);
      return response;
    }
    response.greedy = true;
    for (const size_t s : plan.scores) {
      const JournalAnswer& answer = *journal_.find(scores_[s].keys[run]);
      response.log_likelihood += answer.log_likelihood;
      response.greedy = response.greedy && answer.greedy;
      response.tokens += scores_[s].sequence.scored;
    }
    return response;
  }

  const EvaluationSetup& setup_;
  Journal& journal_;
  const std::function<void(const EvaluationProgress&)>& report_;
  RequestTokens tokens_;
  std::vector<ScoreWork> scores_;
  std::vector<GenerateWork> generations_;
  std::unordered_map<std::string, size_t> score_index_, generation_index_;  // by hash of the work
  std::vector<RequestPlan> plans_;                                          // per request
  EvaluationProgress progress_;
};

}  // namespace

std::vector<std::vector<Response>> answer_requests(const EvaluationSetup& setup,
                                                   std::span<const Request* const> requests, Journal& journal,
                                                   const std::function<void(const EvaluationProgress&)>& progress) {
  for (size_t r = 1; r < setup.runs.size(); ++r)
    if (setup.runs[r].run.model->config().vocab != setup.runs[0].run.model->config().vocab)
      throw InputError(fmt::format("{}: expected the vocabulary of {}, {} words, found {}", setup.runs[r].run.name,
                                   setup.runs[0].run.name, setup.runs[0].run.model->config().vocab,
                                   setup.runs[r].run.model->config().vocab));
  return Evaluation(setup, journal, progress).answer(requests);
}

}  // namespace fp8bench
