// The promise behind every exact statement of this program: the bits do not depend on the instruction set, the threads,
// the batch, the cut of the prefill, or on whether a token was prefilled or decoded.
#include "harness/engine/chunks.h"
#include "harness/engine/session.h"
#include "kernels/isa.h"
#include "kernels/parallel.h"
#include "tests/engine/models.h"

namespace fp8bench::test {
namespace {

// Restores what a test changed for the whole process.
struct Settings {
  Isa isa = active_isa();
  int threads = thread_count();
  ~Settings() {
    set_isa(isa);
    set_threads(threads);
  }
};

template <typename Use>
void for_each_variant(const Use& use) {
  for (const NamedModel& named : tiny_models()) {
    for (const EngineOptions& options : option_variants()) {
      INFO(named.name << ", policy " << policy_name(options.policy) << ", kv " << kv_name(options.kv)
                      << ", linear mode " << static_cast<int>(options.linear) << ", perturb seed "
                      << options.perturb_seed);
      use(named.model, options);
    }
  }
}

}  // namespace

TEST_CASE("every instruction set gives the same bits") {
  const Settings restore;
  for_each_variant([](const std::shared_ptr<const Model>& model, const EngineOptions& options) {
    const std::vector<int32_t> ids = some_ids(21, model->config().vocab, 1);
    set_isa(Isa::kPortable);
    const std::vector<float> portable = all_logits(model, options, ids);
    for (const Isa isa : canonical_isas()) {
      INFO(isa_name(isa));
      set_isa(isa);
      CHECK(same_bits(all_logits(model, options, ids), portable));
    }
  });
}

TEST_CASE("one thread and several give the same bits") {
  const Settings restore;
  for_each_variant([](const std::shared_ptr<const Model>& model, const EngineOptions& options) {
    const std::vector<int32_t> ids = some_ids(40, model->config().vocab, 2);
    set_threads(1);
    const std::vector<float> alone = all_logits(model, options, ids);
    for (const int threads : {2, 3}) {
      set_threads(threads);
      CHECK(same_bits(all_logits(model, options, ids), alone));
    }
  });
}

TEST_CASE("a sequence has the same bits alone and in any batch") {
  for_each_variant([](const std::shared_ptr<const Model>& model, const EngineOptions& options) {
    Batch batch;
    std::vector<std::vector<int32_t>> sequences;
    for (const int64_t length : {5, 1, 33, 12, 2}) {
      sequences.push_back(some_ids(length, model->config().vocab, static_cast<uint32_t>(length)));
      batch.add(sequences.back());
    }
    const std::vector<float> together = final_hidden(model, options, batch);
    for (size_t s = 0; s < sequences.size(); ++s) {
      INFO("sequence " << s);
      const int64_t hidden = model->config().hidden;
      const std::vector<float> part(together.begin() + batch.offsets[s] * hidden,
                                    together.begin() + batch.offsets[s + 1] * hidden);
      CHECK(same_bits(part, final_hidden(model, options, sequences[s])));
    }
  });
}

TEST_CASE("prefill in pieces has the same bits as in one") {
  for_each_variant([](const std::shared_ptr<const Model>& model, const EngineOptions& options) {
    Batch batch;
    for (const int64_t length : {30, 3, 17})
      batch.add(some_ids(length, model->config().vocab, static_cast<uint32_t>(length)));
    const std::vector<float> whole = final_hidden(model, options, batch);
    for (const int64_t piece : {1, 7, 16, 64}) {
      INFO("pieces of " << piece);
      EngineOptions pieces = options;
      pieces.prefill_piece = piece;
      CHECK(same_bits(final_hidden(model, pieces, batch), whole));
    }
  });
}

TEST_CASE("a batch larger than a chunk of scratch memory is cut without changing bits") {
  const std::shared_ptr<const Model> model = tiny_models()[1].model;
  const int64_t longest = tokens_per_chunk(model->config());
  Batch batch;
  for (const int64_t length : {int64_t{9}, longest + 70, int64_t{5}}) batch.add(some_ids(length, 512, 6));
  int64_t row = 0;
  for (const Chunk& chunk : plan_chunks(batch, longest, 0)) {
    CHECK(chunk.row == row);
    CHECK(chunk.rows <= longest);
    row += chunk.rows;
  }
  CHECK(row == batch.tokens());
  EngineOptions in_one;
  in_one.prefill_piece = longest * 2;
  CHECK(same_bits(final_hidden(model, {}, batch), final_hidden(model, in_one, batch)));
}

TEST_CASE("decoding a token gives the bits of its prefill") {
  for_each_variant([](const std::shared_ptr<const Model>& model, const EngineOptions& options) {
    const std::vector<int32_t> ids = some_ids(24, model->config().vocab, 3);
    const std::vector<float> prefill = all_logits(model, options, ids);
    const int64_t vocab = model->config().vocab;
    Session session(model, options);
    const int64_t prompt = 9;  // then token by token
    for (int64_t t = prompt - 1; t < 24; ++t) {
      INFO("position " << t);
      const std::span<const int32_t> next = t == prompt - 1 ? std::span(ids).first(static_cast<size_t>(prompt))
                                                            : std::span(ids).subspan(static_cast<size_t>(t), 1);
      const std::vector<float> logits = session.advance(next);
      CHECK(same_bits(logits, {prefill.begin() + t * vocab, prefill.begin() + (t + 1) * vocab}));
    }
    CHECK(session.length() == 24);
  });
}

TEST_CASE("replaying a run's own routing changes nothing, another's changes the run") {
  const std::vector<NamedModel> models = tiny_models();
  const auto &bf16 = models[0].model, &fp8 = models[1].model;
  const std::vector<int32_t> ids = some_ids(60, bf16->config().vocab, 4);
  Batch batch;
  batch.add(ids);
  const std::vector<RunSpec> runs = {{.name = "bf16", .model = bf16, .options = {}},
                                     {.name = "fp8", .model = fp8, .options = {}},
                                     {.name = "fp8 as fp8", .model = fp8, .options = {}, .replay_routing_from = 1},
                                     {.name = "fp8 as bf16", .model = fp8, .options = {}, .replay_routing_from = 0}};
  int64_t changed = 0;
  const auto hidden = run_lockstep(runs, batch, [&](int64_t, std::span<const LayerState> states) {
    REQUIRE(states.size() == 4);
    CHECK(states[3].routing->index == states[0].routing->index);
    CHECK(states[2].routing->weight == states[1].routing->weight);
    for (size_t i = 0; i < states[0].routing->index.size(); ++i)
      changed += states[0].routing->index[i] != states[1].routing->index[i] ? 1 : 0;
  });
  CHECK(changed > 0);  // else the next lines prove nothing
  CHECK(same_bits(hidden[2], hidden[1]));
  CHECK_FALSE(same_bits(hidden[3], hidden[1]));
  CHECK_FALSE(same_bits(hidden[3], hidden[0]));
}

TEST_CASE("a lock-step run has the bits of a run alone, and reports what it has done") {
  const std::vector<NamedModel> models = tiny_models();
  Batch batch;
  batch.add(some_ids(20, 512, 5));
  std::vector<RunSpec> runs;
  for (const NamedModel& named : {models[0], models[1], models[0]})
    runs.push_back({.name = named.name, .model = named.model, .options = {}});
  int64_t layers = 0, last_done = 0, last_total = 0;
  const auto hidden = run_lockstep(
      runs, batch, [&](int64_t layer, std::span<const LayerState>) { CHECK(layer == layers++); },
      [&](int64_t done, int64_t total) {
        CHECK(done > last_done);
        last_done = done;
        last_total = total;
      });
  CHECK(layers == models[0].model->layer_count());
  CHECK(last_done == last_total);
  for (size_t r = 0; r < runs.size(); ++r) CHECK(same_bits(hidden[r], final_hidden(runs[r].model, {}, batch)));
}

}  // namespace fp8bench::test
