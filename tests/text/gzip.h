// Packed goldens and tokenizers of the public data folder.
#pragma once
#include <zlib.h>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace fp8bench::test {

inline std::string read_gzip(const std::filesystem::path& path) {
  const gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) throw std::runtime_error(path.string() + ": cannot open");
  std::string text;
  std::string block(size_t{1} << 20, '\0');
  int count = 0;
  while ((count = gzread(file, block.data(), static_cast<unsigned>(block.size()))) > 0)
    text.append(block, 0, static_cast<size_t>(count));
  gzclose(file);
  if (count < 0) throw std::runtime_error(path.string() + ": no gzip file");
  return text;
}

}  // namespace fp8bench::test
