// A folder of upstream goldens: a tiny checkpoint and what transformers computed with it.
#pragma once
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/checkpoint/safetensors.h"
#include "harness/engine/trace.h"
#include "tests/test_data.h"

namespace fp8bench::test {

// tiny-moe is committed, the others come with FP8BENCH_DATA.
inline std::filesystem::path golden_path(const std::string& model) {
  const std::filesystem::path committed = source_path("tests/goldens/" + model);
  return std::filesystem::exists(committed) ? committed : data_path("goldens/" + model);
}

inline std::shared_ptr<const Model> open_model(const std::filesystem::path& directory) {
  return std::make_shared<const Model>(open_checkpoint(open_safetensors_source(directory)));
}

class Golden {
 public:
  explicit Golden(const std::filesystem::path& path) : file_(path) {}
  bool has(const std::string& name) const { return file_.find(name) != nullptr; }

  template <typename T>
  std::vector<T> values(const std::string& name) const {
    const SafetensorsEntry* entry = file_.find(name);
    INFO("golden tensor " << name);
    REQUIRE(entry != nullptr);
    const std::span<const std::byte> bytes = file_.bytes(*entry);
    std::vector<T> out(bytes.size() / sizeof(T));
    std::memcpy(out.data(), bytes.data(), bytes.size());
    return out;
  }

 private:
  SafetensorsFile file_;
};

// A trace by name.
class Trace {
 public:
  Trace(const std::shared_ptr<const Model>& model, const EngineOptions& options, std::span<const int32_t> ids,
        int64_t generate = 0) {
    for (NamedTensor& tensor : trace_sequence(model, options, ids, generate))
      tensors_[tensor.info.name] = std::move(tensor);
  }
  bool has(const std::string& name) const { return tensors_.count(name) > 0; }
  template <typename T>
  std::vector<T> values(const std::string& name) const {
    const std::vector<std::byte>& bytes = tensors_.at(name).data;
    std::vector<T> out(bytes.size() / sizeof(T));
    std::memcpy(out.data(), bytes.data(), bytes.size());
    return out;
  }
  const std::map<std::string, NamedTensor>& tensors() const { return tensors_; }

 private:
  std::map<std::string, NamedTensor> tensors_;
};

inline double max_abs_difference(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  double worst = 0.0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double error = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    if (!(error <= worst)) worst = error;  // a NaN stays
  }
  return worst;
}

// Seeded ids: <bos>, then anything from 3 up.
inline std::vector<int32_t> some_ids(int64_t count, int64_t vocab, uint32_t seed) {
  std::vector<int32_t> ids = {2};
  for (uint32_t state = seed * 2654435761u + 1u; static_cast<int64_t>(ids.size()) < count;) {
    state = state * 1664525u + 1013904223u;
    ids.push_back(3 + static_cast<int32_t>((state >> 8) % static_cast<uint32_t>(vocab - 3)));
  }
  return ids;
}

}  // namespace fp8bench::test
