// A checkpoint in memory whose every byte a test may change, and a folder that is removed at the end of a test.
#pragma once
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "harness/checkpoint/tensor_source.h"

namespace fp8bench::test {

class MemorySource final : public TensorSource {
 public:
  MemorySource() = default;
  explicit MemorySource(const TensorSource& other)
      : config_(other.config_text()), side_files_(other.side_files()), tensors_(other.tensors()) {
    for (const TensorInfo& tensor : tensors_) data_[tensor.name] = other.read(tensor);
  }
  // Sources remember where their tensors are, so a change of the list makes a new source.
  std::shared_ptr<MemorySource> copy() const { return std::make_shared<MemorySource>(*this); }

  std::string description() const override { return "memory"; }
  const std::vector<TensorInfo>& tensors() const override { return tensors_; }
  const std::string& config_text() const override { return config_; }
  std::vector<SideFile> side_files() const override { return side_files_; }
  void read_rows(const TensorInfo& tensor, int64_t begin, int64_t end, std::span<std::byte> out) const override {
    const auto& bytes = data_.at(tensor.name);
    const auto row = static_cast<size_t>(tensor.row_bytes());
    if (out.size() != row * static_cast<size_t>(end - begin))
      throw std::logic_error("wrong buffer size for " + tensor.name);
    std::memcpy(out.data(), bytes.data() + row * static_cast<size_t>(begin), out.size());
  }

  void add(const std::string& name, DType dtype, std::vector<int64_t> shape, std::vector<std::byte> bytes = {}) {
    tensors_.push_back({name, dtype, std::move(shape), "model.safetensors"});
    bytes.resize(static_cast<size_t>(tensors_.back().bytes()));
    data_[name] = std::move(bytes);
  }
  void add_bf16(const std::string& name, std::vector<int64_t> shape, const std::vector<uint16_t>& values) {
    const auto bytes = std::as_bytes(std::span(values));
    add(name, DType::kBF16, std::move(shape), {bytes.begin(), bytes.end()});
  }
  void remove(const std::string& name) {
    std::erase_if(tensors_, [&](const TensorInfo& tensor) { return tensor.name == name; });
    data_.erase(name);
  }
  void rename(const std::string& from, const std::string& to) {
    info(from).name = to;
    data_[to] = std::move(data_.at(from));
    data_.erase(from);
  }
  TensorInfo& info(const std::string& name) {
    return *std::find_if(tensors_.begin(), tensors_.end(),
                         [&](const TensorInfo& tensor) { return tensor.name == name; });
  }
  std::vector<std::byte>& bytes(const std::string& name) { return data_.at(name); }
  uint8_t* codes(const std::string& name) { return reinterpret_cast<uint8_t*>(bytes(name).data()); }
  uint16_t* halves(const std::string& name) { return reinterpret_cast<uint16_t*>(bytes(name).data()); }
  std::string& config() { return config_; }
  std::vector<SideFile>& files() { return side_files_; }

  MemorySource(const MemorySource& other)
      : TensorSource(),
        config_(other.config_),
        side_files_(other.side_files_),
        tensors_(other.tensors_),
        data_(other.data_) {}

 private:
  std::string config_;
  std::vector<SideFile> side_files_;
  std::vector<TensorInfo> tensors_;
  std::map<std::string, std::vector<std::byte>> data_;
};

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "fp8bench-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a temporary folder");
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace fp8bench::test
