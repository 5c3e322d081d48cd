#include "harness/score/beyond_floor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/io/error.h"
#include "harness/score/beta.h"
#include "harness/score/paired.h"

namespace fp8bench {
namespace {

// Below any distance that float32 can show between two runs that differ; stands for runs that do not.
constexpr double kNoDistance = 1e-12;

std::vector<double> hidden_distance(std::span<const float> reference, std::span<const float> run, const Batch& batch,
                                    int64_t width) {
  std::vector<double> distances;
  for (int64_t s = 0; s < batch.sequences(); ++s) {
    double difference = 0, size = 0;
    const auto begin = static_cast<size_t>(batch.offsets[static_cast<size_t>(s)] * width);
    const auto end = static_cast<size_t>(batch.offsets[static_cast<size_t>(s + 1)] * width);
    for (size_t i = begin; i < end; ++i) {
      const double delta = static_cast<double>(run[i]) - static_cast<double>(reference[i]);
      difference += delta * delta;
      size += static_cast<double>(reference[i]) * static_cast<double>(reference[i]);
    }
    distances.push_back(std::log(std::max(size > 0 ? std::sqrt(difference / size) : 0.0, kNoDistance)));
  }
  return distances;
}

// sum over the union of both choices of |w_ref - w_run|, one token.
double gate_distance(const Routing& reference, const Routing& run, int64_t token) {
  const auto k = static_cast<size_t>(reference.top_k), at = static_cast<size_t>(token) * k;
  double sum = 0;
  for (size_t i = at; i < at + k; ++i) {
    double other = 0;
    for (size_t j = at; j < at + k; ++j)
      if (run.index[j] == reference.index[i]) other = static_cast<double>(run.weight[j]);
    sum += std::abs(static_cast<double>(reference.weight[i]) - other);
    const auto own = reference.index.begin() + static_cast<std::ptrdiff_t>(at);
    if (std::find(own, own + static_cast<std::ptrdiff_t>(k), run.index[i]) == own + static_cast<std::ptrdiff_t>(k))
      sum += std::abs(static_cast<double>(run.weight[i]));
  }
  return sum;
}

std::vector<double> router_distance(const Routing& reference, const Routing& run, const Batch& batch) {
  std::vector<double> distances;
  for (int64_t s = 0; s < batch.sequences(); ++s) {
    const int64_t begin = batch.offsets[static_cast<size_t>(s)], end = batch.offsets[static_cast<size_t>(s + 1)];
    double sum = 0;
    for (int64_t t = begin; t < end; ++t) sum += gate_distance(reference, run, t);
    distances.push_back(end > begin ? sum / static_cast<double>(end - begin) : 0.0);
  }
  return distances;
}

double paired_z(std::span<const double> candidate, const std::vector<std::span<const double>>& floor) {
  std::vector<double> differences(candidate.begin(), candidate.end());
  for (size_t d = 0; d < differences.size(); ++d)
    for (const auto& draw : floor) differences[d] -= draw[d] / static_cast<double>(floor.size());
  return paired_mean(differences).z;
}

using Layers = std::vector<std::vector<double>> DocumentDistances::*;

BeyondFloor over_layers(const DocumentDistances& candidate, std::span<const DocumentDistances> floor, Layers layers,
                        double alpha, double degrees) {
  BeyondFloor worst;
  const size_t count = (candidate.*layers).size();
  if (count == 0) return worst;
  worst.threshold = student_quantile(1 - alpha / static_cast<double>(count), degrees);
  for (size_t l = 0; l < count; ++l) {
    std::vector<std::span<const double>> draws;
    for (const DocumentDistances& draw : floor) draws.emplace_back((draw.*layers).at(l));
    const double z = paired_z((candidate.*layers)[l], draws);
    if (worst.layer < 0 || z > worst.z) worst.z = z, worst.layer = static_cast<int64_t>(l);
  }
  return worst;
}

}  // namespace

void DistanceObserver::observe(int64_t, std::span<const LayerState> runs) {
  runs_.resize(runs.size());
  const LayerState& reference = runs[static_cast<size_t>(reference_)];
  for (size_t i = 0; i < runs.size(); ++i) {
    runs_[i].layer.push_back(hidden_distance(reference.hidden, runs[i].hidden, batch_, hidden_size_));
    if (reference.routing != nullptr && runs[i].routing != nullptr)
      runs_[i].router.push_back(router_distance(*reference.routing, *runs[i].routing, batch_));
  }
}

std::vector<double> kld_by_document(std::span<const TokenDivergence> tokens, int64_t documents) {
  std::vector<double> sums(static_cast<size_t>(documents)), counts(sums.size());
  for (const TokenDivergence& token : tokens) {
    sums.at(static_cast<size_t>(token.document)) += token.kld;
    counts[static_cast<size_t>(token.document)] += 1;
  }
  for (size_t d = 0; d < sums.size(); ++d)
    if (counts[d] > 0) sums[d] /= counts[d];
  return sums;
}

FloorTests beyond_floor(const DocumentDistances& candidate, std::span<const DocumentDistances> floor, double alpha) {
  const size_t documents = candidate.kld.size();
  if (floor.empty() || documents < 3)
    throw CheckError(fmt::format("rounding floor: expected at least 1 draw and 3 documents, found {} and {}",
                                 floor.size(), documents));
  for (const DocumentDistances& draw : floor)
    if (draw.kld.size() != documents || draw.layer.size() != candidate.layer.size() ||
        draw.router.size() != candidate.router.size())
      throw CheckError("rounding floor: expected the documents and layers of the candidate in every draw");
  const double degrees = static_cast<double>(documents - 1);
  FloorTests tests;
  std::vector<std::span<const double>> draws;
  for (const DocumentDistances& draw : floor) draws.emplace_back(draw.kld);
  tests.kld = {paired_z(candidate.kld, draws), student_quantile(1 - alpha, degrees), -1};
  tests.layer = over_layers(candidate, floor, &DocumentDistances::layer, alpha, degrees);
  tests.router = over_layers(candidate, floor, &DocumentDistances::router, alpha, degrees);
  return tests;
}

}  // namespace fp8bench
