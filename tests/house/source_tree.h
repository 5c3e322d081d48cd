// The files of the checkout that people wrote, for tests that hold the house in order.
#pragma once
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace fp8bench::test {

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// Paths relative to `root`, sorted, with one of the extensions (".cc"); "" takes every file. Build folders and what git
// ignores are left out by name, because a release tarball has no git.
inline std::vector<std::string> files_below(const std::filesystem::path& root,
                                            const std::vector<std::string>& extensions) {
  std::vector<std::string> found;
  if (!std::filesystem::exists(root)) return found;
  for (auto it = std::filesystem::recursive_directory_iterator(root);
       it != std::filesystem::recursive_directory_iterator(); ++it) {
    const std::string name = it->path().filename().string();
    const bool hidden = name[0] == '.' && name != ".ci";
    if (it->is_directory() && (hidden || name == "build" || name == "__pycache__" || name == "runs")) {
      it.disable_recursion_pending();
      continue;
    }
    if (!it->is_regular_file() || it->is_symlink()) continue;
    const std::string extension = it->path().extension().string();
    const bool wanted = std::any_of(extensions.begin(), extensions.end(),
                                    [&](const std::string& e) { return e.empty() || e == extension; });
    if (wanted) found.push_back(std::filesystem::relative(it->path(), root).string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

// A folder of its own, gone at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "fp8bench-house-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

  void write(const std::string& relative, const std::string& text, bool executable = false) const {
    const std::filesystem::path file = path_ / relative;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    if (executable) std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  }

 private:
  std::filesystem::path path_;
};

}  // namespace fp8bench::test
