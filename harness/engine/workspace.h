// Scratch memory of the forward pass: a bump allocator, so that no op allocates. Once a layer has run, the next one of
// the same size runs in the same memory.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/gemm/gemm.h"

namespace fp8bench {

// A dense row-major view; whoever made it owns the memory.
struct Rows {
  float* data = nullptr;
  int64_t rows = 0, width = 0;
  int64_t size() const { return rows * width; }
  float* row(int64_t r) const { return data + r * width; }
  explicit operator bool() const { return data != nullptr; }
};

class Workspace {
 public:
  // Uninitialized. Valid until the enclosing Scope ends.
  Rows rows(int64_t rows, int64_t width) { return {static_cast<float*>(take(rows * width * 4)), rows, width}; }
  float* floats(int64_t count) { return static_cast<float*>(take(count * 4)); }
  int32_t* ints(int64_t count) { return static_cast<int32_t*>(take(count * 4)); }
  int64_t* longs(int64_t count) { return static_cast<int64_t*>(take(count * 8)); }
  int64_t capacity() const;  // bytes

  // Everything taken inside a scope is given back at its end.
  class Scope {
   public:
    explicit Scope(Workspace& workspace) : workspace_(workspace), block_(workspace.block_), used_(workspace.used_) {}
    ~Scope() { workspace_.rewind(block_, used_); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Workspace& workspace_;
    size_t block_;
    int64_t used_;
  };

 private:
  void* take(int64_t bytes);
  void rewind(size_t block, int64_t used);

  std::vector<AlignedBytes> blocks_;
  size_t block_ = 0;  // in use
  int64_t used_ = 0;  // bytes of it
};

}  // namespace fp8bench
