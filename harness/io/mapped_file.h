// A file mapped read-only. Throws InputError with the path and the system's reason.
#pragma once
#include <cstddef>
#include <filesystem>
#include <span>

namespace fp8bench {

class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  MappedFile(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  const std::filesystem::path& path() const { return path_; }
  // Tells the kernel that these bytes will not be needed again (whole pages inside the span), so that a streaming
  // reader's resident memory stays small.
  void release(std::span<const std::byte> part) const;

 private:
  std::filesystem::path path_;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace fp8bench
