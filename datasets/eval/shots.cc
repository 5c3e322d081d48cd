#include "datasets/eval/shots.h"

#include <fmt/core.h>

#include <utility>

#include "datasets/task.h"

namespace fp8bench {

using Json = nlohmann::ordered_json;

ShotSampler::ShotSampler(std::vector<Json> pool, ShotOrder order, uint64_t seed, std::string where)
    : pool_(std::move(pool)), order_(order), random_(seed), where_(std::move(where)) {}

std::vector<const Json*> ShotSampler::draw(size_t count, const Json* excluded) {
  std::vector<const Json*> shots;
  if (count == 0) return shots;
  const size_t wanted = count + (excluded != nullptr && order_ == ShotOrder::kRandom ? 1 : 0);
  const auto refuse = [&](size_t have) {
    throw DatasetError(
        fmt::format("{}: expected at least {} examples to draw {} shots from, found {}", where_, wanted, count, have));
  };
  if (pool_.size() < wanted) refuse(pool_.size());
  const auto take = [&](const Json& shot) {
    if (shots.size() < count && (excluded == nullptr || shot != *excluded)) shots.push_back(&shot);
  };
  if (order_ == ShotOrder::kFirst) {
    for (const Json& shot : pool_) take(shot);
  } else {
    for (const size_t index : random_.sample(pool_.size(), wanted)) take(pool_[index]);
  }
  if (shots.size() == count) return shots;
  // The pool holds the document more than once: drawn again from the pool without it.
  std::vector<const Json*> rest;
  for (const Json& shot : pool_)
    if (shot != *excluded) rest.push_back(&shot);
  if (rest.size() < count || order_ == ShotOrder::kFirst) refuse(rest.size());
  shots.clear();
  for (const size_t index : random_.sample(rest.size(), count)) shots.push_back(rest[index]);
  return shots;
}

}  // namespace fp8bench
