#include "harness/score/llamacpp_base.h"

#include <unistd.h>

#include <map>
#include <regex>
#include <sstream>

#include "harness/io/error.h"
#include "harness/io/text_file.h"
#include "harness/score/divergence_summary.h"
#include "tests/score/statistics_golden.h"

namespace fp8bench {
namespace {

using Values = std::map<std::string, std::vector<double>>;

// Names and scales as in the expected-*.json (percent where llama.cpp prints percent).
Values values_of(const DivergenceSummary& s) {
  const auto pair = [](PlusMinus v, double scale = 1) {
    return std::vector<double>{scale * v.value, scale * v.uncertainty};
  };
  Values out = {{"Mean PPL(Q)", pair(s.ppl_cand)},
                {"Mean PPL(base)", pair(s.ppl_ref)},
                {"Cor(ln(PPL(Q)), ln(PPL(base)))", {100 * s.correlation}},
                {"Mean ln(PPL(Q)/PPL(base))", pair(s.ln_ratio)},
                {"Mean PPL(Q)/PPL(base)", pair(s.ratio)},
                {"Mean PPL(Q)-PPL(base)", pair(s.difference)},
                {"Mean KLD", pair(s.kld.mean)},
                {"Mean Δp", pair(s.delta_p.mean, 100)},
                {"RMS Δp", pair(s.rms_delta_p, 100)},
                {"Same top p", pair(s.same_top, 100)}};
  const auto add = [&](const Distribution& d, const std::string& name, double scale) {
    out["Maximum " + name] = {scale * d.max};
    out["Minimum " + name] = {scale * d.min};
    out["Median " + name] = {scale * d.median};
    for (size_t i = 0; i < d.fractions.size(); ++i) {
      std::ostringstream key;
      key.precision(1);
      key << std::fixed << 100 * d.fractions[i] << "% " << name;
      if (d.fractions[i] != 0.5) out[key.str()] = {scale * d.percentiles[i]};
    }
  };
  add(s.kld, "KLD", 1);
  add(s.delta_p, "Δp", 100);
  return out;
}

DivergenceSummary compare(const std::filesystem::path& folder, const std::string& candidate) {
  SummaryOptions options;
  options.llamacpp_kld = true;
  return summarize(compare_llamacpp_bases(LlamaCppBase(folder / "base-f32.kld"),
                                          LlamaCppBase(folder / ("base-" + candidate + ".kld"))),
                   options);
}

// Distance to the print that the coding of the candidate explains (the goldens' README), plus the print's own rounding.
double print_tolerance(const std::string& name) {
  if (name.find("Same") == 0) return 5e-4;
  if (name.find("Cor") == 0) return 5e-3 + 2e-3;
  if (name.find("Δp") != std::string::npos) return 2e-3 + 5e-4;
  if (name == "Mean KLD") return 5e-6;
  if (name.find("KLD") != std::string::npos) return 6e-5;
  if (name.find("/PPL") != std::string::npos) return 1e-5;
  return 2e-4;
}

TEST_CASE("llama.cpp's statistics from its own base files") {
  FP8BENCH_REQUIRE_DATA(folder, "goldens/llamacpp-kld");
  for (const std::string candidate : {"q8_0", "q4_0"}) {
    const DivergenceSummary s = compare(folder, candidate);
    const auto golden = test::read_json(folder / ("expected-" + candidate + ".json"));
    CHECK(s.tokens == golden["scored_tokens"].get<int64_t>());
    CHECK(s.documents == 4);
    const Values found = values_of(s);
    CHECK(found.size() == golden["from_the_two_files"].size());
    for (const auto& [name, values] : found) {
      INFO(candidate << ": " << name);
      const auto& exact = golden["from_the_two_files"].at(name);
      const auto& printed = golden["llama_cpp_print"].at(name);
      REQUIRE(exact.size() == values.size());
      for (size_t i = 0; i < values.size(); ++i) {
        CHECK(test::near_relative(values[i], exact[i].get<double>(), 1e-6, 1e-8));
        CHECK(std::fabs(values[i] - printed[i].get<double>()) <= print_tolerance(name));
      }
    }
  }
}

TEST_CASE("our print has llama.cpp's lines") {
  FP8BENCH_REQUIRE_DATA(folder, "goldens/llamacpp-kld");
  const auto without_digits = [](const std::string& text) {
    return std::regex_replace(text.substr(text.find("======")),
                              std::regex("-?[0-9]+\\.[0-9]+(?=[^0-9% ]|%$|%\n| \xC2|\n| %)| +"), "");
  };
  for (const std::string candidate : {"q8_0", "q4_0"}) {
    const std::string golden = read_text_file(folder / ("llamacpp-" + candidate + ".txt"));
    CHECK(without_digits(llamacpp_print(compare(folder, candidate)) + "") == without_digits(golden));
  }
}

TEST_CASE("a base file against itself is exactly zero, without llama.cpp's negative divergences and -nan") {
  FP8BENCH_REQUIRE_DATA(folder, "goldens/llamacpp-kld");
  const DivergenceSummary s = compare(folder, "f32");
  CHECK(s.kld.min == 0);
  CHECK(s.kld.max == 0);
  CHECK(s.ln_ratio.uncertainty == 0);
  CHECK(s.same_top.value == 1);
}

// A small valid file: context 4, so one scored token (position 2, target 3) a chunk.
std::string small_file(int32_t vocab = 3, int32_t chunks = 2) {
  std::string out = "_logits_";
  const auto put = [&](const auto& value) { out.append(reinterpret_cast<const char*>(&value), sizeof value); };
  put(int32_t{4});
  put(vocab);
  put(chunks);
  for (int32_t i = 0; i < 4 * chunks; ++i) put(i % vocab);
  for (int32_t chunk = 0; chunk < chunks; ++chunk) {
    put(0.5f);
    put(-3.0f);
    for (int32_t i = 0; i < 2 * ((vocab + 1) / 2); ++i) put(static_cast<uint16_t>(i + chunk));
  }
  return out;
}

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content)
      : path_(std::filesystem::temp_directory_path() / ("fp8bench-base-" + std::to_string(::getpid()) + ".kld")) {
    write_file_atomically(path_, content);
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TEST_CASE("a small base file is read as its format says") {
  const TemporaryFile file(small_file());
  const LlamaCppBase base(file.path());
  CHECK(base.context() == 4);
  CHECK(base.vocab() == 3);
  CHECK(base.records() == 2);
  CHECK(base.target(0) == 0);  // token 3 of chunk 0
  CHECK(base.target(1) == 1);
  std::vector<double> logp;
  base.log_probabilities(1, logp);
  CHECK(logp == std::vector<double>{-2.5, -2.0, -1.5});
}

TEST_CASE("bad base files are refused with what was expected") {
  const auto refusal = [](std::string content) {
    const TemporaryFile file(content);
    try {
      const LlamaCppBase base(file.path());
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  const std::string good = small_file();
  CHECK(refusal(good) == "accepted");
  std::string magic = good;
  magic[3] = 'X';
  CHECK_THAT(refusal(magic), Catch::Contains("expected the magic"));
  CHECK_THAT(refusal("_logits_"), Catch::Contains("found 8 bytes"));
  CHECK_THAT(refusal(good.substr(0, good.size() - 1)),
             Catch::Contains("expected 84 bytes") && Catch::Contains("found 83"));
  CHECK_THAT(refusal(good + "x"), Catch::Contains("found 85"));
  std::string negative = good;
  negative[15] = '\x80';  // n_vocab < 0
  CHECK_THAT(refusal(negative), Catch::Contains("n_vocab >= 2"));
  std::string huge = good;
  huge[11] = huge[15] = huge[19] = '\x7f';  // products beyond 64 bits
  CHECK_THAT(refusal(huge), Catch::Contains("expected") && Catch::Contains("bytes"));
  std::string token = good;
  token[20] = 3;
  CHECK_THAT(refusal(token), Catch::Contains("token 0 at byte 20: expected an id below 3, found 3"));
}

TEST_CASE("records with a scale that is not finite, and files of different texts, are refused") {
  std::string content = small_file();
  content[52] = content[53] = '\x00';
  content[54] = '\xc0';
  content[55] = '\x7f';  // scale of record 0 is NaN
  const TemporaryFile file(content);
  const LlamaCppBase base(file.path());
  std::vector<double> logp;
  CHECK_THROWS_WITH(base.log_probabilities(0, logp), Catch::Contains("record 0 at byte 52"));
  CHECK_NOTHROW(base.log_probabilities(1, logp));
  FP8BENCH_REQUIRE_DATA(folder, "goldens/llamacpp-kld");
  CHECK_THROWS_AS(compare_llamacpp_bases(LlamaCppBase(folder / "base-f32.kld"), base), InputError);
}

}  // namespace
}  // namespace fp8bench
