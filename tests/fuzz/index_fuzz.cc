// Any text as model.safetensors.index.json beside two good shards: refused with InputError, or it names exactly their
// tensors.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "harness/checkpoint/safetensors.h"
#include "harness/checkpoint/tensor_source.h"
#include "harness/io/error.h"

namespace {

using namespace fp8bench;

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "fp8bench-fuzz-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
    write_safetensors(path_ / "a.safetensors", {{{"x", DType::kU8, {2}, ""}, {std::byte{1}, std::byte{2}}}});
    write_safetensors(path_ / "b.safetensors", {{{"y", DType::kU8, {1}, ""}, {std::byte{3}}}});
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void write_index(const std::filesystem::path& path, const uint8_t* data, size_t size) {
  // without the flush to disk that write_file_atomically makes: this runs thousands of times a second
  FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr || std::fwrite(data, 1, size, file) != size || std::fclose(file) != 0) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Folder folder;
  write_index(folder.path() / "model.safetensors.index.json", data, size);
  try {
    const fp8bench::TensorSourcePtr source = fp8bench::open_safetensors_source(folder.path());
    if (source->tensors().size() != 2) std::abort();
  } catch (const fp8bench::InputError&) {
  }
  return 0;
}
