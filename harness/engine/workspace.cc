#include "harness/engine/workspace.h"

#include <algorithm>

namespace fp8bench {
namespace {

constexpr int64_t kAlignment = 64;
// Blocks are whole huge pages: a prefill touches hundreds of megabytes, 4 KiB at a time that is a page fault each.
constexpr int64_t kBlockUnit = int64_t{4} << 20;

}  // namespace

int64_t Workspace::capacity() const {
  int64_t total = 0;
  for (const AlignedBytes& block : blocks_) total += static_cast<int64_t>(block.size());
  return total;
}

void* Workspace::take(int64_t bytes) {
  const int64_t size = (std::max<int64_t>(bytes, 1) + kAlignment - 1) / kAlignment * kAlignment;
  while (block_ < blocks_.size() && used_ + size > static_cast<int64_t>(blocks_[block_].size())) {
    ++block_;
    used_ = 0;
  }
  // Blocks grow with what is already there, so a layer ends up in a handful of them.
  if (block_ == blocks_.size()) {
    const int64_t units = (std::max(size, capacity() / 2) + kBlockUnit - 1) / kBlockUnit;
    blocks_.emplace_back(static_cast<size_t>(units * kBlockUnit));
  }
  void* taken = blocks_[block_].data() + used_;
  used_ += size;
  return taken;
}

void Workspace::rewind(size_t block, int64_t used) {
  block_ = block;
  used_ = used;
  // At rest, several blocks become one: the next layer then never meets a block that is too small for its largest
  // tensor.
  if (block_ == 0 && used_ == 0 && blocks_.size() > 1) {
    const int64_t total = capacity();
    blocks_.clear();
    blocks_.emplace_back(static_cast<size_t>(total));
  }
}

}  // namespace fp8bench
