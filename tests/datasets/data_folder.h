// A data folder of a test's own, removed with it.
#pragma once
#include <filesystem>
#include <fstream>
#include <string>

namespace fp8bench::test {

class DataFolder {
 public:
  explicit DataFolder(const std::string& name) : path_(std::filesystem::temp_directory_path() / name) {}
  ~DataFolder() { std::filesystem::remove_all(path_); }
  void put(const std::string& file, const std::string& text) const {
    std::filesystem::create_directories((path_ / file).parent_path());
    std::ofstream(path_ / file, std::ios::binary) << text;
  }
  std::string string() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace fp8bench::test
