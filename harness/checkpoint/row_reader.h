// Reads rows of one tensor without a copy where the source is mapped, else through a buffer that is reused.
#pragma once
#include <span>
#include <vector>

#include "harness/checkpoint/tensor_source.h"

namespace fp8bench {

// Bytes of one piece of work: enough to amortize a system call, small enough that a buffer for each thread costs
// nothing.
inline constexpr int64_t kPieceBytes = int64_t{4} << 20;

inline int64_t rows_per_piece(const TensorInfo& tensor) {
  const int64_t row_bytes = tensor.row_bytes() > 0 ? tensor.row_bytes() : 1;
  return row_bytes >= kPieceBytes ? 1 : kPieceBytes / row_bytes;
}

class RowReader {
 public:
  // The span is valid until the next call.
  std::span<const std::byte> rows(const TensorSource& source, const TensorInfo& tensor, int64_t begin, int64_t end) {
    const size_t row_bytes = static_cast<size_t>(tensor.row_bytes()),
                 size = row_bytes * static_cast<size_t>(end - begin);
    const std::span<const std::byte> whole = source.view(tensor);
    if (!whole.empty()) return whole.subspan(row_bytes * static_cast<size_t>(begin), size);
    if (buffer_.size() < size) buffer_.resize(size);
    const std::span<std::byte> part(buffer_.data(), size);
    source.read_rows(tensor, begin, end, part);
    return part;
  }

 private:
  std::vector<std::byte> buffer_;
};

// BF16 bits of a span that is aligned for them (views are, by contract of the sources; buffers are).
inline std::span<const uint16_t> as_bf16(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const uint16_t*>(bytes.data()), bytes.size() / sizeof(uint16_t)};
}

}  // namespace fp8bench
