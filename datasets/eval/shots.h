// Few-shot examples as lm-eval 0.4.13 draws them (api/samplers.py): one stream of random numbers per task, advanced
// document by document, so that the examples of a document depend on its place.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "datasets/eval/python_random.h"

namespace fp8bench {

enum class ShotOrder {
  kRandom,  // "default": sampled anew for every document
  kFirst    // "first_n": the first of the pool, in order
};

class ShotSampler {
 public:
  // where: what the pool was read from, for the error.
  ShotSampler(std::vector<nlohmann::ordered_json> pool, ShotOrder order, uint64_t seed, std::string where);
  // count examples for a document; not null: which must not be among them (lm-eval asks for this where the task names
  // no split for its examples and has no test split either). Throws DatasetError when the pool is too small.
  std::vector<const nlohmann::ordered_json*> draw(size_t count, const nlohmann::ordered_json* excluded);

 private:
  std::vector<nlohmann::ordered_json> pool_;
  ShotOrder order_;
  PythonRandom random_;
  std::string where_;
};

}  // namespace fp8bench
