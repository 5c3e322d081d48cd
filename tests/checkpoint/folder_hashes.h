// The sha256 of every file of an output folder, but for its README.
#pragma once
#include <filesystem>
#include <map>
#include <string>

#include "harness/io/sha256.h"

namespace fp8bench::test {

inline std::map<std::string, std::string> hashes(const std::filesystem::path& folder) {
  std::map<std::string, std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).generic_string();
    if (entry.is_regular_file() && name != "README.md") found[name] = sha256_file(entry.path());
  }
  return found;
}

}  // namespace fp8bench::test
