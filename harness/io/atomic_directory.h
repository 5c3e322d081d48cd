// A folder that appears complete or not at all: written beside its destination, flushed to disk, then renamed. A
// process killed at any moment leaves the destination as it was (and a folder NAME.partial-* beside it, which the next
// run may delete).
#pragma once
#include <cstdint>
#include <filesystem>

namespace fp8bench {

class AtomicDirectory {
 public:
  // Throws InputError when `destination` exists and `replace` is false, or when the folder cannot be made.
  AtomicDirectory(const std::filesystem::path& destination, bool replace);
  ~AtomicDirectory();  // removes what was not committed
  AtomicDirectory(const AtomicDirectory&) = delete;
  AtomicDirectory& operator=(const AtomicDirectory&) = delete;

  // Where to write. Sub-folders may be made in it.
  const std::filesystem::path& path() const { return temporary_; }
  // Throws InputError when the file system has fewer free bytes.
  void require_free_space(int64_t bytes) const;
  // Flushes every file and folder, then renames. An old destination is exchanged in one step where the system can, and
  // removed.
  void commit();

 private:
  void flush() const;
  void move_into_place();

  std::filesystem::path destination_, temporary_;
  bool replace_;
};

}  // namespace fp8bench
