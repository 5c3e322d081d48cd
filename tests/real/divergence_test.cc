// What FP8 does to SmolLM2 on WikiText against FP8 simulated in transformers' float32: the golden's mean divergence
// within three combined standard errors. Token by token two correct FP8 engines differ (each draws the rounding of the
// activations anew), so only the BF16 side is compared that way.
#include <catch2/catch.hpp>

#include "harness/score/score_head.h"
#include "harness/text/tokenizer.h"
#include "tests/real/real_model.h"

using namespace fp8bench;
using namespace fp8bench::test;
using nlohmann::json;

namespace {

constexpr int64_t kWindow = 512, kWindows = 8;

struct Mean {
  double value = 0, error = 0;
};

Mean mean_of(const std::vector<double>& x) {
  const double n = static_cast<double>(x.size());
  double sum = 0, squares = 0;
  for (const double one : x) sum += one;
  for (const double one : x) squares += (one - sum / n) * (one - sum / n);
  return {sum / n, std::sqrt(squares / (n - 1) / n)};
}

double kld_z(const std::vector<TokenDivergence>& tokens, const std::vector<double>& golden) {
  std::vector<double> kld;
  for (const TokenDivergence& token : tokens) kld.push_back(token.kld);
  const Mean own = mean_of(kld), expected = mean_of(golden);
  return (own.value - expected.value) / std::hypot(own.error, expected.error);
}

// The text's first tokens, cut into windows. It is cut to 8 code points a token before, as the golden's was.
Batch windows_of(const std::filesystem::path& model, const std::string& text, int64_t windows) {
  size_t bytes = 0;
  for (int64_t points = 0; bytes < text.size(); ++bytes) {
    if ((static_cast<unsigned char>(text[bytes]) & 0xC0u) == 0x80u) continue;
    if (points++ == 8 * kWindow * kWindows) break;
  }
  const auto ids = load_tokenizer(model)->encode(text.substr(0, bytes), false);
  REQUIRE(static_cast<int64_t>(ids.size()) >= kWindow * windows);
  Batch batch;
  for (int64_t w = 0; w < windows; ++w) batch.add(std::span(ids).subspan(static_cast<size_t>(w * kWindow), kWindow));
  return batch;
}

}  // namespace

TEST_CASE("FP8 on SmolLM2: the mean divergence on WikiText is the golden's") {
  FP8BENCH_REQUIRE_MODEL(folder, "smollm2");
  FP8BENCH_REQUIRE_DATA(golden_file, "goldens/lmeval/kld_smollm2.json");
  FP8BENCH_REQUIRE_DATA(text, "eval/wikitext-2-raw/wiki.test.raw");
  const int64_t windows = real_limit(kWindows, kWindows);
  const Batch batch = windows_of(folder, read_file(text), windows);
  const json golden = read_json(golden_file);
  std::vector<json> rows;
  for (const json& row : golden.at("rows"))
    if (row[0].get<int64_t>() < windows) rows.push_back(row);

  const auto bf16 = std::make_shared<const Model>(open_checkpoint(folder.string()));
  const auto fp8 = std::make_shared<const Model>(open_checkpoint("quantized:" + folder.string()));
  EngineOptions weights_only;  // an injected fault: the activations are not quantized
  weights_only.linear = LinearMode::kWeightsOnly;
  const std::vector<RunSpec> runs = {{"bf16", bf16, {}, -1}, {"fp8", fp8, {}, -1}, {"w8a16", fp8, weights_only, -1}};
  const auto hidden = run_lockstep(runs, batch);
  const Head bf16_head(bf16), fp8_head(fp8);
  const std::vector<ScoredRun> candidates = {scored_run(fp8_head, runs[1].options, hidden[1], batch.tokens()),
                                             scored_run(fp8_head, runs[2].options, hidden[2], batch.tokens())};
  const auto found = score_heads(scored_run(bf16_head, runs[0].options, hidden[0], batch.tokens()), candidates, batch);

  REQUIRE(found[0].size() == rows.size());
  std::vector<double> golden_kld;
  double largest = 0, reference = 0, candidate = 0, golden_candidate = 0;
  int64_t top1 = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const TokenDivergence& token = found[0][i];
    const json& row = rows[i];
    REQUIRE(row[2].get<int32_t>() == token.gold);
    largest = std::max(largest, std::abs(-token.nll_ref - row[3].get<double>()));
    golden_kld.push_back(row[5].get<double>());
    reference += token.nll_ref;
    candidate += token.nll_cand;
    golden_candidate -= row[4].get<double>();
    top1 += token.top1_equal();
  }
  const double n = static_cast<double>(rows.size());
  const Mean expected = mean_of(golden_kld);
  std::vector<double> kld;
  for (const TokenDivergence& token : found[0]) kld.push_back(token.kld);
  const Mean own = mean_of(kld);
  WARN(rows.size() << " tokens: mean KLD " << own.value << " +- " << own.error << ", golden " << expected.value
                   << " +- " << expected.error << "; z " << kld_z(found[0], golden_kld) << ", of weights only "
                   << kld_z(found[1], golden_kld) << "; BF16 ln p within " << largest << "; perplexity "
                   << std::exp(reference / n) << " -> " << std::exp(candidate / n) << " (golden -> "
                   << std::exp(golden_candidate / n) << "); top-1 equal " << static_cast<double>(top1) / n);
  CHECK(largest <= 1e-3);  // BF16 weights: token by token
  CHECK(std::abs(kld_z(found[0], golden_kld)) <= 3);
  if (windows == kWindows) {
    CHECK(kld_z(found[1], golden_kld) < -3);  // and half the rounding is seen to be missing
    CHECK(std::abs(candidate - golden_candidate) / n < 0.01);
  }
}
