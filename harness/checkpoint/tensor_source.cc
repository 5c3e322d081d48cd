#include "harness/checkpoint/tensor_source.h"

#include <fmt/core.h>

#include <atomic>
#include <string_view>
#include <unordered_map>

#include "harness/io/error.h"

namespace fp8bench {

int64_t TensorInfo::elements() const {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  return count;
}

int64_t TensorInfo::bytes() const { return elements() * dtype_bits(dtype) / 8; }

int64_t TensorInfo::rows() const {
  int64_t count = 1;
  for (size_t i = 0; i + 1 < shape.size(); ++i) count *= shape[i];
  return count;
}

int64_t TensorInfo::row_elements() const { return shape.empty() ? 1 : shape.back(); }

int64_t TensorInfo::row_bytes() const { return row_elements() * dtype_bits(dtype) / 8; }

namespace {

using Lookup = std::unordered_map<std::string_view, size_t>;

}  // namespace

const TensorInfo* TensorSource::find(const std::string& name) const {
  // Two threads may build the table at once: both are right, the second one stays.
  std::shared_ptr<const void> lookup = std::atomic_load(&lookup_);
  if (lookup == nullptr) {
    auto built = std::make_shared<Lookup>();
    built->reserve(tensors().size());
    for (size_t i = 0; i < tensors().size(); ++i) built->emplace(tensors()[i].name, i);
    lookup = built;
    std::atomic_store(&lookup_, lookup);
  }
  const auto& table = *static_cast<const Lookup*>(lookup.get());
  const auto found = table.find(name);
  return found == table.end() ? nullptr : &tensors()[found->second];
}

const TensorInfo& TensorSource::at(const std::string& name) const {
  const TensorInfo* found = find(name);
  if (found == nullptr) throw InputError(fmt::format("{}: expected a tensor '{}', found none", description(), name));
  return *found;
}

std::vector<std::byte> TensorSource::read(const TensorInfo& tensor) const {
  std::vector<std::byte> bytes(static_cast<size_t>(tensor.bytes()));
  read_rows(tensor, 0, tensor.rows(), bytes);
  return bytes;
}

}  // namespace fp8bench
