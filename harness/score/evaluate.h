// Requests of any tasks -> responses of one or several checkpoints. Equal requests are answered once, shared beginnings
// computed once, and each pass over the weights serves every checkpoint's run (lock-step). What is answered goes into a
// journal, so that a run can be killed at any moment and go on.
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "datasets/evaluation.h"
#include "harness/engine/generate.h"
#include "harness/score/journal.h"
#include "harness/score/request_tokens.h"

namespace fp8bench {

struct EvaluatedRun {
  RunSpec run;
  std::shared_ptr<const Head> head;
  std::string identity;  // of checkpoint and options: part of every journal key
};

struct EvaluationSetup {
  std::vector<EvaluatedRun> runs;
  const Tokenizer* tokenizer = nullptr;  // of all of them
  RequestTokenOptions tokens;
  std::vector<int32_t> eos;                 // end a generation
  int64_t memory_bytes = int64_t{2} << 30;  // hidden states, or KV caches, of what is computed together
  int64_t pass_tokens = 0;  // > 0: at most so many tokens a pass, so that the journal grows while a small model runs
  bool float32_softmax =
      false;  // log-likelihoods as lm-eval's PyTorch rounds them (token_divergence.h); part of the key
};

// What of a list of requests is to do, and how far it is.
struct EvaluationProgress {
  int64_t done = 0, total = 0;  // tokens read or written by each run; generation counts its longest case
  int64_t resumed = 0;          // of the total: found in the journal
};

// Returns, per run, one response per request, in order. Throws InputError for a request that cannot be tokenized.
std::vector<std::vector<Response>> answer_requests(const EvaluationSetup& setup,
                                                   std::span<const Request* const> requests, Journal& journal,
                                                   const std::function<void(const EvaluationProgress&)>& progress = {});

}  // namespace fp8bench
