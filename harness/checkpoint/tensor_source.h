// A checkpoint is a source of named tensors, and everything else is a decorator on it: a safetensors directory, a
// synthetic model that exists nowhere on disk, quantized(source), faulty(source, fault). The engine, the audit, the
// writer and the tests all read this interface, so each new source works everywhere at once.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/dtype.h"

namespace fp8bench {

struct TensorInfo {
  std::string name;
  DType dtype = DType::kBF16;
  std::vector<int64_t> shape;
  std::string shard;  // file name inside the checkpoint that holds it (or would hold it)

  int64_t elements() const;
  int64_t bytes() const;
  // The tensor as a matrix: every dimension but the last is a row. A scalar and a vector have one row.
  int64_t rows() const;
  int64_t row_elements() const;
  int64_t row_bytes() const;
};

// A file of the checkpoint that is not a shard: tokenizer, template, licence ...
struct SideFile {
  std::string name;                // relative path
  std::filesystem::path location;  // where its bytes are; empty: `content`
  std::string content;
};

class TensorSource {
 public:
  virtual ~TensorSource() = default;
  // How a person would name it: a path, "synth:gemma-4-26b-a4b?seed=1", "quantized:...".
  virtual std::string description() const = 0;
  // In shard order, then in file order (for synthetic sources: the order they are generated in).
  virtual const std::vector<TensorInfo>& tensors() const = 0;
  // The text of config.json.
  virtual const std::string& config_text() const = 0;
  virtual std::vector<SideFile> side_files() const { return {}; }
  // Rows row_begin..row_end-1 of the tensor (see TensorInfo::rows). Thread-safe. `out` has exactly that many bytes.
  virtual void read_rows(const TensorInfo& tensor, int64_t row_begin, int64_t row_end,
                         std::span<std::byte> out) const = 0;
  // The whole tensor without a copy when it is mapped, else empty.
  virtual std::span<const std::byte> view(const TensorInfo&) const { return {}; }
  // A streaming reader is done with these rows: mapped pages may be given back. Default: nothing.
  virtual void release(const TensorInfo&, int64_t /*row_begin*/, int64_t /*row_end*/) const {}

  const TensorInfo* find(const std::string& name) const;  // null if absent; O(1) after the first call
  const TensorInfo& at(const std::string& name) const;    // throws InputError that names the source and the tensor
  std::vector<std::byte> read(const TensorInfo& tensor) const;  // the whole tensor

 private:
  mutable std::shared_ptr<const void> lookup_;  // built on first use
};

using TensorSourcePtr = std::shared_ptr<const TensorSource>;

// "DIR" (safetensors), "synth:VARIANT?seed=N&layers=L", "quantized:SPEC" (FP8_DYNAMIC of another spec, on the fly).
// Throws InputError.
TensorSourcePtr open_source(const std::string& spec);

TensorSourcePtr open_safetensors_source(const std::filesystem::path& directory);
TensorSourcePtr open_synthetic_source(const std::string& spec);
TensorSourcePtr quantized(TensorSourcePtr source);
// `fault` is a name of the table in faults.h; checkpoint faults only. Throws InputError for an unknown name or a model
// that lacks what the fault needs.
TensorSourcePtr faulty(TensorSourcePtr source, const std::string& fault, TensorSourcePtr bf16_source = nullptr);

}  // namespace fp8bench
