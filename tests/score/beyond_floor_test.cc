#include "harness/score/beyond_floor.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "harness/io/error.h"

namespace fp8bench {
namespace {

constexpr size_t kDocuments = 40, kLayers = 4;

// Documents differ a lot from each other, draws of one document a little: as rounding does.
struct Simulation {
  std::mt19937_64 random;
  std::vector<double> level;
  explicit Simulation(uint64_t seed) : random(seed) {
    std::lognormal_distribution<double> spread(-8, 1);
    for (size_t d = 0; d < kDocuments; ++d) level.push_back(spread(random));
  }
  std::vector<double> draw(double factor) {
    std::lognormal_distribution<double> noise(0, 0.3);
    std::vector<double> values;
    for (const double l : level) values.push_back(l * factor * noise(random));
    return values;
  }
  DocumentDistances distances(double factor, size_t shifted_layer = kLayers) {
    DocumentDistances out;
    out.kld = draw(factor);
    for (size_t l = 0; l < kLayers; ++l) {
      out.layer.push_back(draw(l == shifted_layer ? 3 : 1));
      out.router.push_back(draw(1));
    }
    return out;
  }
  std::vector<DocumentDistances> floor() {
    std::vector<DocumentDistances> draws;
    for (int i = 0; i < 8; ++i) draws.push_back(distances(1));
    return draws;
  }
};

TEST_CASE("a candidate that is only rounding is caught no more often than alpha") {
  constexpr int kRuns = 2000;
  constexpr double kAlpha = 0.01;
  int kld = 0, layer = 0, router = 0;
  for (int run = 0; run < kRuns; ++run) {
    Simulation simulation(static_cast<uint64_t>(run) + 1);
    const auto floor = simulation.floor();
    const FloorTests tests = beyond_floor(simulation.distances(1), floor, kAlpha);
    kld += tests.kld.caught(), layer += tests.layer.caught(), router += tests.router.caught();
  }
  const double limit = kRuns * kAlpha + 3 * std::sqrt(kRuns * kAlpha * (1 - kAlpha));
  CHECK(kld <= limit);
  CHECK(layer <= limit);
  CHECK(router <= limit);
}

TEST_CASE("a larger distance is caught, and the layer where it is") {
  Simulation simulation(7);
  const auto floor = simulation.floor();
  CHECK(beyond_floor(simulation.distances(2), floor).kld.caught());
  CHECK_FALSE(beyond_floor(simulation.distances(1), floor).kld.caught());
  const FloorTests tests = beyond_floor(simulation.distances(1, 2), floor);
  CHECK(tests.layer.caught());
  CHECK(tests.layer.layer == 2);
  CHECK_FALSE(tests.router.caught());
}

TEST_CASE("a smaller distance than rounding is never caught, a model without a router has no finding there") {
  Simulation simulation(9);
  auto floor = simulation.floor();
  CHECK_FALSE(beyond_floor(simulation.distances(0.1), floor).kld.caught());
  for (auto& draw : floor) draw.router.clear();
  DocumentDistances dense = simulation.distances(1);
  dense.router.clear();
  const FloorTests tests = beyond_floor(dense, floor);
  CHECK_FALSE(tests.router.caught());
  CHECK(tests.router.layer == -1);
}

TEST_CASE("no draw, too few documents and another shape are errors") {
  Simulation simulation(3);
  const DocumentDistances candidate = simulation.distances(1);
  auto floor = simulation.floor();
  CHECK_THROWS_AS(beyond_floor(candidate, {}), CheckError);
  CHECK_THROWS_AS(beyond_floor(DocumentDistances{{1, 2}, {}, {}}, floor), CheckError);
  floor[3].kld.pop_back();
  CHECK_THROWS_AS(beyond_floor(candidate, floor), CheckError);
}

TEST_CASE("distances by hand: hidden states by document, expert weights over the union of both choices") {
  Batch batch;
  batch.add(std::vector<int32_t>{1, 2});
  batch.add(std::vector<int32_t>{3});
  const std::vector<float> reference = {3, 4, 0, 0, 1, 0}, moved = {3, 4, 0, 5, 1, 0};
  const Routing a{3, 2, {}, {0, 1, 0, 1, 0, 1}, {0.5f, 0.5f, 0.5f, 0.5f, 0.75f, 0.25f}};
  const Routing b{3, 2, {}, {0, 1, 1, 2, 1, 0}, {0.5f, 0.5f, 0.25f, 0.75f, 0.25f, 0.75f}};
  const LayerState runs[] = {{reference, &a}, {moved, &b}};
  DistanceObserver observer(0, batch, 2);
  observer.observe(0, runs);
  const auto distances = observer.take();
  REQUIRE(distances.size() == 2);
  CHECK(distances[1].layer[0][0] == Approx(0).margin(1e-12));  // ln (5 / 5)
  CHECK(distances[1].layer[0][1] == Approx(std::log(1e-12)));  // identical
  CHECK(distances[0].layer[0][0] == Approx(std::log(1e-12)));
  // Token 2: |0.5 - 0| + |0.5 - 0.25| + |0.75| = 1.5, half of it over the document's two tokens; document 2: the order
  // of a choice does not matter.
  CHECK(distances[1].router[0][0] == Approx(0.75));
  CHECK(distances[1].router[0][1] == Approx(0).margin(1e-12));
}

TEST_CASE("KLD by document is the mean of its tokens") {
  std::vector<TokenDivergence> tokens(3);
  tokens[0].kld = 1, tokens[1].kld = 3, tokens[2].kld = 5;
  tokens[2].document = 2;
  CHECK(kld_by_document(tokens, 3) == std::vector<double>{2, 0, 5});
}

}  // namespace
}  // namespace fp8bench
