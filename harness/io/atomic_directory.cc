#include "harness/io/atomic_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include "harness/io/error.h"

namespace fp8bench {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, const char* what) {
  throw InputError(fmt::format("{}: cannot {}: {}", path.string(), what, std::strerror(errno)));
}

void flush_path(const fs::path& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  if (fd < 0) fail(path, "open to flush");
  const int result = ::fsync(fd);
  const int reason = errno;
  ::close(fd);
  errno = reason;
  if (result != 0) fail(path, "flush");
}

bool is_there(const fs::path& path) { return fs::exists(fs::symlink_status(path)); }

}  // namespace

AtomicDirectory::AtomicDirectory(const fs::path& destination, bool replace) : replace_(replace) {
  destination_ = fs::absolute(destination).lexically_normal();
  if (!destination_.has_filename()) destination_ = destination_.parent_path();  // "out/" names "out"
  if (is_there(destination_) && !replace)
    throw InputError(
        fmt::format("{}: expected a new folder, found that it exists; --force replaces it", destination.string()));
  std::error_code error;
  fs::create_directories(destination_.parent_path(), error);
  if (error)
    throw InputError(fmt::format("{}: cannot create: {}", destination_.parent_path().string(), error.message()));
  // mkdir rather than mkdtemp: the mode follows the user's umask.
  for (int attempt = 0;; ++attempt) {
    temporary_ = fmt::format("{}.partial-{}-{}", destination_.string(), ::getpid(), attempt);
    if (::mkdir(temporary_.c_str(), 0777) == 0) return;
    if (errno != EEXIST) fail(temporary_, "create");
  }
}

AtomicDirectory::~AtomicDirectory() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
}

void AtomicDirectory::require_free_space(int64_t bytes) const {
  struct statvfs info {};
  if (::statvfs(temporary_.c_str(), &info) != 0) fail(temporary_, "ask for free space");
  const auto free_bytes = static_cast<int64_t>(info.f_bavail) * static_cast<int64_t>(info.f_frsize);
  if (free_bytes < bytes)
    throw InputError(fmt::format("{}: expected {:.2f} GB of free disk space, found {:.2f} GB", destination_.string(),
                                 static_cast<double>(bytes) / 1e9, static_cast<double>(free_bytes) / 1e9));
}

void AtomicDirectory::flush() const {
  for (const auto& entry : fs::recursive_directory_iterator(temporary_))
    flush_path(entry.path(), entry.is_directory() ? O_RDONLY | O_DIRECTORY : O_RDONLY);
  flush_path(temporary_, O_RDONLY | O_DIRECTORY);
}

void AtomicDirectory::move_into_place() {
  if (!replace_ || !is_there(destination_)) {
    // Never over a folder that appeared meanwhile, not even an empty one.
    if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, destination_.c_str(), RENAME_NOREPLACE) == 0) return;
    if (errno != EINVAL && errno != ENOSYS) fail(destination_, "rename into place");
    if (::rename(temporary_.c_str(), destination_.c_str()) != 0) fail(destination_, "rename into place");
    return;
  }
  // One step: at no moment is the destination missing. What was there now lies at temporary_, which the destructor
  // removes.
  if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, destination_.c_str(), RENAME_EXCHANGE) == 0) return;
  if (errno != EINVAL && errno != ENOSYS) fail(destination_, "exchange with the new folder");
  const fs::path old = temporary_.string() + ".old";
  if (::rename(destination_.c_str(), old.c_str()) != 0) fail(destination_, "move away");
  if (::rename(temporary_.c_str(), destination_.c_str()) != 0) {
    const int reason = errno;
    ::rename(old.c_str(), destination_.c_str());
    errno = reason;
    fail(destination_, "rename into place");
  }
  temporary_ = old;
}

void AtomicDirectory::commit() {
  flush();
  move_into_place();
  flush_path(destination_.parent_path(), O_RDONLY | O_DIRECTORY);
}

}  // namespace fp8bench
