#include "harness/engine/generate.h"

#include <algorithm>
#include <stdexcept>

#include "harness/engine/prefix_tree.h"

namespace fp8bench {
namespace {

// Shorter common beginnings are not worth the copy of a cache.
constexpr int64_t kWorthSharing = 16;
// Prompt tokens that begin in one step, unless a prompt alone has more: their hidden states are held at once.
constexpr int64_t kPrefillTokens = 8192;

class Generator {
 public:
  Generator(Decoder& decoder, const Head& head, std::span<const GenerationJob> jobs, const GenerationLimits& limits)
      : decoder_(decoder), head_(head), jobs_(jobs), limits_(limits) {
    std::vector<std::span<const int32_t>> prompts;
    for (const GenerationJob& job : jobs) {
      if (job.prompt.empty()) throw std::invalid_argument("generation: a prompt has no tokens");
      prompts.push_back(job.prompt);
    }
    order_ = prefix_order(prompts).order;  // prompts that begin alike are in flight at the same time
  }

  void run(const std::function<void(size_t job, std::vector<int32_t> tokens)>& done) {
    while (next_ < order_.size() || !live_.empty()) {
      admit(done);
      if (live_.empty()) continue;
      step();
      finish(done);
    }
  }

 private:
  struct Live {
    size_t job;
    int64_t sequence;
    std::vector<int32_t> written;
    bool prefilled = false;
  };

  int64_t bytes_of(const GenerationJob& job) const {
    return (static_cast<int64_t>(job.prompt.size()) + job.max_tokens) * decoder_.bytes_per_token();
  }

  void admit(const std::function<void(size_t job, std::vector<int32_t> tokens)>& done) {
    int64_t fresh = 0;  // prompt tokens of this step
    while (next_ < order_.size()) {
      const size_t job = order_[next_];
      const int64_t prompt = static_cast<int64_t>(jobs_[job].prompt.size());
      if (jobs_[job].max_tokens < 1) {
        ++next_;
        done(job, {});
        continue;
      }
      const bool room = static_cast<int64_t>(live_.size()) < limits_.sequences &&
                        (fresh == 0 || fresh + prompt <= kPrefillTokens) &&
                        used_bytes_ + bytes_of(jobs_[job]) <= limits_.cache_bytes;
      if (!room && !live_.empty()) return;
      fresh += prompt;
      used_bytes_ += bytes_of(jobs_[job]);
      live_.push_back({job, decoder_.open(), {}});
      ++next_;
    }
  }

  // The longest beginning that another sequence shares: one in flight or one that begins earlier in this step.
  Decoder::Input prefill_input(size_t index) const {
    const std::vector<int32_t>& prompt = jobs_[live_[index].job].prompt;
    Decoder::Input input{.sequence = live_[index].sequence, .ids = prompt};
    if (decoder_.options().perturb_seed != 0) return input;  // its keys depend on all tokens
    int64_t longest = kWorthSharing - 1;
    for (size_t other = 0; other < index; ++other) {
      const std::vector<int32_t>& ids = jobs_[live_[other].job].prompt;
      const int64_t shared =
          std::mismatch(prompt.begin(), prompt.end() - 1, ids.begin(), ids.end()).first - prompt.begin();
      if (shared <= longest) continue;
      longest = shared;
      input = {.sequence = live_[index].sequence,
               .ids = std::span(prompt).subspan(static_cast<size_t>(shared)),
               .parent = live_[other].sequence,
               .start = shared};
    }
    return input;
  }

  void step() {
    std::vector<Decoder::Input> inputs;
    for (size_t i = 0; i < live_.size(); ++i) {
      inputs.push_back(live_[i].prefilled
                           ? Decoder::Input{.sequence = live_[i].sequence, .ids = std::span(live_[i].written).last(1)}
                           : prefill_input(i));
      live_[i].prefilled = true;
    }
    const std::vector<float> hidden = decoder_.step(inputs);
    const int64_t rows = static_cast<int64_t>(live_.size()), vocab = head_.vocab();
    logits_.resize(static_cast<size_t>(rows * vocab));
    head_.logits(hidden.data(), rows, decoder_.options(), logits_.data());
    for (size_t i = 0; i < live_.size(); ++i) {
      Live& live = live_[i];
      const GenerationJob& job = jobs_[live.job];
      const auto row = std::span(logits_).subspan(i * static_cast<size_t>(vocab), static_cast<size_t>(vocab));
      live.written.push_back(sample_token(row, job.sampling, job.stream, live.written.size()));
    }
  }

  void finish(const std::function<void(size_t job, std::vector<int32_t> tokens)>& done) {
    std::vector<Live> going_on;
    for (Live& live : live_) {
      const GenerationJob& job = jobs_[live.job];
      const bool stopped = job.stop && job.stop(live.written);  // hears of the last token as well
      const bool ended = stopped || static_cast<int64_t>(live.written.size()) >= job.max_tokens;
      if (!ended) {
        going_on.push_back(std::move(live));
        continue;
      }
      decoder_.close(live.sequence);
      used_bytes_ -= bytes_of(job);
      done(live.job, std::move(live.written));
    }
    live_ = std::move(going_on);
  }

  Decoder& decoder_;
  const Head& head_;
  std::span<const GenerationJob> jobs_;
  const GenerationLimits& limits_;
  std::vector<size_t> order_;
  size_t next_ = 0;  // into order_
  int64_t used_bytes_ = 0;
  std::vector<Live> live_;
  std::vector<float> logits_;
};

}  // namespace

void generate(Decoder& decoder, const Head& head, std::span<const GenerationJob> jobs, const GenerationLimits& limits,
              const std::function<void(size_t job, std::vector<int32_t> tokens)>& done) {
  Generator(decoder, head, jobs, limits).run(done);
}

}  // namespace fp8bench
