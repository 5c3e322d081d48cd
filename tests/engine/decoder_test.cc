// Sequences that grow together have the bits that they have alone.
#include "harness/engine/decoder.h"

#include "harness/engine/session.h"
#include "tests/engine/models.h"

namespace fp8bench::test {
namespace {

std::vector<float> row_of(const std::vector<float>& rows, int64_t row, int64_t width) {
  return {rows.begin() + row * width, rows.begin() + (row + 1) * width};
}

}  // namespace

TEST_CASE("sequences decoded together, each at its own pace, have the bits of a prefill") {
  for (const NamedModel& named : tiny_models()) {
    for (const EngineOptions& options : option_variants()) {
      INFO(named.name << ", policy " << policy_name(options.policy) << ", kv " << kv_name(options.kv)
                      << ", perturb seed " << options.perturb_seed);
      const int64_t vocab = named.model->config().vocab, width = named.model->config().hidden;
      const std::vector<int32_t> a = some_ids(20, vocab, 1), b = some_ids(31, vocab, 2), c = some_ids(7, vocab, 3);
      const std::vector<float> whole_a = final_hidden(named.model, options, a),
                               whole_b = final_hidden(named.model, options, b),
                               whole_c = final_hidden(named.model, options, c);
      Decoder decoder(named.model, options);
      const int64_t first = decoder.open(), second = decoder.open();
      const auto part = [](const std::vector<int32_t>& ids, size_t begin, size_t count) {
        return std::span(ids).subspan(begin, count);
      };
      std::vector<Decoder::Input> inputs = {{.sequence = first, .ids = part(a, 0, 12)},
                                            {.sequence = second, .ids = part(b, 0, 30)}};
      std::vector<float> rows = decoder.step(inputs);
      CHECK(same_bits(row_of(rows, 0, width), row_of(whole_a, 11, width)));
      CHECK(same_bits(row_of(rows, 1, width), row_of(whole_b, 29, width)));
      inputs = {{.sequence = second, .ids = part(b, 30, 1)}, {.sequence = first, .ids = part(a, 12, 1)}};
      rows = decoder.step(inputs);
      CHECK(same_bits(row_of(rows, 0, width), row_of(whole_b, 30, width)));
      CHECK(same_bits(row_of(rows, 1, width), row_of(whole_a, 12, width)));
      decoder.close(second);  // its place is taken by a new one, while the first goes on
      const int64_t third = decoder.open();
      inputs = {{.sequence = first, .ids = part(a, 13, 7)}, {.sequence = third, .ids = part(c, 0, 7)}};
      rows = decoder.step(inputs);
      CHECK(same_bits(row_of(rows, 0, width), row_of(whole_a, 19, width)));
      CHECK(same_bits(row_of(rows, 1, width), row_of(whole_c, 6, width)));
      CHECK(decoder.length(first) == 20);
      CHECK(decoder.length(third) == 7);
    }
  }
}

TEST_CASE("a sequence that continues another has the bits of both tokenized as one") {
  for (const NamedModel& named : tiny_models()) {
    const int64_t vocab = named.model->config().vocab, width = named.model->config().hidden;
    std::vector<int32_t> shared = some_ids(33, vocab, 1), ids = some_ids(4, vocab, 2), joined = shared;
    joined.insert(joined.end(), ids.begin(), ids.end());
    const std::vector<float> whole = final_hidden(named.model, {}, joined);
    const std::vector<float> expected = row_of(whole, 36, width);
    Decoder decoder(named.model, {});
    const int64_t parent = decoder.open(), same_step = decoder.open(), later = decoder.open(),
                  short_one = decoder.open();
    std::vector<Decoder::Input> inputs = {{.sequence = parent, .ids = shared},
                                          {.sequence = same_step, .ids = ids, .parent = parent, .start = 33}};
    CHECK(same_bits(row_of(decoder.step(inputs), 1, width), expected));
    inputs = {{.sequence = parent, .ids = std::span(ids).first(1)},
              {.sequence = later, .ids = ids, .parent = parent, .start = 33},
              {.sequence = short_one, .ids = std::span(joined).subspan(20), .parent = later, .start = 20}};
    const std::vector<float> rows = decoder.step(inputs);
    CHECK(same_bits(row_of(rows, 1, width), expected));
    CHECK(same_bits(row_of(rows, 2, width), expected));
    CHECK(decoder.length(short_one) == 37);
  }
}

TEST_CASE("a decoder refuses steps that cannot be") {
  const std::shared_ptr<const Model> model = tiny_models()[0].model;
  Decoder decoder(model, {});
  const int64_t a = decoder.open(), b = decoder.open();
  const std::vector<int32_t> ids = some_ids(5, model->config().vocab, 1);
  const auto step = [&](std::vector<Decoder::Input> inputs) { return decoder.step(inputs); };
  CHECK_THROWS_AS(step({{.sequence = 7, .ids = ids}}), std::invalid_argument);
  CHECK_THROWS_AS(step({{.sequence = a, .ids = {}}}), std::invalid_argument);
  CHECK_THROWS_AS(step({{.sequence = a, .ids = ids}, {.sequence = a, .ids = ids}}), std::invalid_argument);
  CHECK_THROWS_AS(step({{.sequence = a, .ids = ids, .parent = b, .start = 1}}), std::invalid_argument);  // b is empty
  CHECK_THROWS_AS(step({{.sequence = a, .ids = ids, .parent = b, .start = 1}, {.sequence = b, .ids = ids}}),
                  std::invalid_argument);  // b comes later
  step({{.sequence = b, .ids = ids}});
  CHECK_THROWS_AS(step({{.sequence = a, .ids = ids, .parent = b, .start = 6}}), std::invalid_argument);
  decoder.close(b);
  CHECK_THROWS_AS(decoder.length(b), std::invalid_argument);
  CHECK_THROWS_AS(decoder.rewind(a, 1), std::invalid_argument);
}

}  // namespace fp8bench::test
