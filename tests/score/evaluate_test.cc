// Requests of every kind on the bundled checkpoint, BF16 and FP8 together: resumed at any point the same answers.
#include "harness/score/evaluate.h"

#include <catch2/catch.hpp>

#include "harness/engine/bundled.h"
#include "harness/io/error.h"
#include "tests/checkpoint/scratch.h"

namespace fp8bench::test {
namespace {

struct Bench {
  std::unique_ptr<const Tokenizer> tokenizer = load_tokenizer(bundled_path() / "checkpoint");
  std::vector<Request> requests;
  EvaluationSetup setup;

  Bench() {
    for (const std::string prefix : {"", "quantized:"}) {
      const auto model =
          std::make_shared<const Model>(open_checkpoint(prefix + (bundled_path() / "checkpoint").string()));
      const std::string name = prefix.empty() ? "bf16" : "fp8";
      setup.runs.push_back({.run = {.name = name, .model = model, .options = {}},
                            .head = std::make_shared<const Head>(model),
                            .identity = name});
    }
    setup.tokenizer = tokenizer.get();
    setup.tokens.max_length = 48;
    setup.eos = {1};
    for (const std::string question : {"one and two are", "the king of", "the king of"}) {
      for (const std::string choice : {" three", " seven and eight", " the king"})
        add(RequestKind::kLogLikelihood, question, choice);
      add(RequestKind::kGenerateUntil, question, "");
      requests.back().until = {"e"};
      requests.back().max_tokens = 6;
    }
    std::string text;
    for (int i = 0; i < 60; ++i) text += " word";
    add(RequestKind::kRolling, "", text);
    add(RequestKind::kRolling, "", "");
  }

  void add(RequestKind kind, const std::string& context, const std::string& continuation) {
    Request& request = requests.emplace_back();
    request.kind = kind;
    request.context = context;
    request.continuation = continuation;
  }

  std::vector<std::vector<Response>> answer(Journal& journal,
                                            const std::function<void(const EvaluationProgress&)>& progress = {}) const {
    std::vector<const Request*> list;
    for (const Request& request : requests) list.push_back(&request);
    return answer_requests(setup, list, journal, progress);
  }
};

bool equal(const std::vector<std::vector<Response>>& a, const std::vector<std::vector<Response>>& b) {
  bool same = a.size() == b.size();
  for (size_t r = 0; same && r < a.size(); ++r) {
    same = a[r].size() == b[r].size();
    for (size_t i = 0; same && i < a[r].size(); ++i)
      same = a[r][i].log_likelihood == b[r][i].log_likelihood && a[r][i].greedy == b[r][i].greedy &&
             a[r][i].text == b[r][i].text && a[r][i].tokens == b[r][i].tokens;
  }
  return same;
}

}  // namespace

TEST_CASE("answers do not depend on memory, passes or what is asked beside them") {
  Bench bench;
  Journal journal;
  const auto all = bench.answer(journal);
  REQUIRE(all.size() == 2);
  REQUIRE(all[0].size() == bench.requests.size());
  CHECK(all[0][0].log_likelihood < 0);
  CHECK(all[0][0].log_likelihood == all[0][0].log_likelihood);
  CHECK(all[0][4].log_likelihood == all[0][8].log_likelihood);  // the same request twice
  CHECK(all[0][0].log_likelihood != all[1][0].log_likelihood);
  CHECK(all[0][3].tokens > 0);
  CHECK(all[0][12].tokens >= 60);  // in windows
  CHECK(all[0][13].tokens == 1);   // of an empty text, BOS
  bench.setup.pass_tokens = 20;
  bench.setup.memory_bytes = 1;
  Journal other;
  CHECK(equal(bench.answer(other), all));
  bench.setup.runs.erase(bench.setup.runs.begin());
  Journal fp8_only;
  CHECK(equal(bench.answer(fp8_only), {all[1]}));
}

TEST_CASE("a run that is killed goes on and ends with the same answers") {
  Bench bench;
  bench.setup.pass_tokens = 16;
  Journal memory;
  const auto all = bench.answer(memory);
  struct Killed {};
  const ScratchFolder folder;
  const std::filesystem::path file = folder.path() / "journal";
  int64_t last_resumed = -1;
  bool finished = false;
  for (int kills = 0; !finished && kills < 200; ++kills) {
    Journal journal(file);
    int calls = 0;
    const size_t before = journal.size();
    try {
      const auto found = bench.answer(journal, [&](const EvaluationProgress& progress) {
        CHECK(progress.done <= progress.total);
        if (++calls == 1) {
          CHECK(progress.resumed >= last_resumed);
          last_resumed = progress.resumed;
        }
        if (journal.size() > before + 2) throw Killed();
      });
      CHECK(equal(found, all));
      finished = true;
    } catch (const Killed&) {
      CHECK(journal.size() > before);
    }
  }
  CHECK(finished);
  CHECK(last_resumed > 0);
  int64_t fresh = 0;
  Journal journal(file);
  bench.answer(journal, [&](const EvaluationProgress& progress) { fresh += progress.total - progress.resumed; });
  CHECK(fresh == 0);
  // Another identity finds nothing of it.
  bench.setup.runs[0].identity = "another";
  int64_t resumed = -1;
  CHECK_THROWS_AS(bench.answer(journal,
                               [&](const EvaluationProgress& progress) {
                                 resumed = progress.resumed;
                                 throw Killed();
                               }),
                  Killed);
  CHECK(resumed == 0);
}

TEST_CASE("a chat needs a template") {
  Bench bench;
  bench.requests.resize(1);
  bench.requests[0].messages = nlohmann::ordered_json::array({{{"role", "user"}, {"content", "hi"}}});
  bench.requests[0].context = "";
  Journal journal;
  CHECK(input_error([&] { bench.answer(journal); }).find("chat template") != std::string::npos);
  bench.requests[0].context = "hi";  // rendered
  const auto chat = bench.answer(journal);
  bench.requests[0].messages = nullptr;
  CHECK(equal(bench.answer(journal), chat));
}

// A tokenizer under which whatever the model writes is a call between special tokens.
class CallingTokenizer : public Tokenizer {
 public:
  explicit CallingTokenizer(const Tokenizer& own) : own_(own) {
    bos_ = own.bos();
    eos_ = own.eos();
  }
  std::vector<int32_t> encode(std::string_view text, bool special) const override { return own_.encode(text, special); }
  std::string decode(std::span<const int32_t> ids, bool skip_special) const override {
    if (ids.size() < 4) return own_.decode(ids, skip_special);
    return skip_special ? "call:f{a:1}" : "<|tool_call>call:f{a:1}<tool_call|>";
  }
  int64_t vocab_size() const override { return own_.vocab_size(); }
  int64_t base_size() const override { return own_.base_size(); }
  std::optional<int32_t> id_of(std::string_view piece) const override { return own_.id_of(piece); }
  const std::string& piece(int32_t id) const override { return own_.piece(id); }
  bool is_special(int32_t id) const override { return own_.is_special(id); }
  const std::string& where() const override { return own_.where(); }

 private:
  const Tokenizer& own_;
};

TEST_CASE("what a model calls is read where the request has tools, and only there") {
  Bench bench;
  const CallingTokenizer tokenizer(*bench.tokenizer);
  bench.setup.tokenizer = &tokenizer;
  bench.setup.eos = {};
  bench.requests.clear();
  for (int i = 0; i < 2; ++i) {
    bench.add(RequestKind::kGenerateUntil, "one and two are", "");
    bench.requests.back().max_tokens = 5;
  }
  bench.requests[1].tools = nlohmann::ordered_json::array();
  Journal journal;
  const auto answers = bench.answer(journal);
  CHECK(answers[0][0].tool_calls.is_null());
  CHECK(answers[0][1].tool_calls.dump() == R"([{"name":"f","arguments":{"a":1}}])");
  CHECK(answers[0][1].text == answers[0][0].text);
}

}  // namespace fp8bench::test
