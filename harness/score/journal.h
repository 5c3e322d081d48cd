// Answers of a model as they are made, one line of JSON each, so that a run that is killed at any moment goes on where
// it was. A key names everything the answer depends on; lines of other runs are kept and never found.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace fp8bench {

struct JournalAnswer {
  double log_likelihood = 0;
  bool greedy = false;
  std::vector<int32_t> tokens;  // generated
};

class Journal {
 public:
  Journal() = default;  // in memory only
  // Reads what is there and appends to it; a last line that was cut off is removed. Throws InputError (file, line) for
  // a file that is no journal, that cannot be written or that another process is writing.
  explicit Journal(const std::filesystem::path& path);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  const JournalAnswer* find(const std::string& key) const;  // null if not answered yet; valid until the next add
  void add(const std::string& key, JournalAnswer answer);
  void flush();  // what was added is on the disk when this returns; throws InputError if it cannot be
  size_t size() const { return answers_.size(); }

 private:
  void read(const std::filesystem::path& path);

  std::filesystem::path path_;
  int file_ = -1;
  std::string pending_;  // lines that are not written yet
  std::unordered_map<std::string, JournalAnswer> answers_;
};

}  // namespace fp8bench
