#include "harness/io/text_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "harness/io/error.h"
#include "harness/io/mapped_file.h"

namespace fp8bench {

std::string read_text_file(const std::filesystem::path& path) {
  const MappedFile file(path);
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

void write_file_atomically(const std::filesystem::path& path, std::string_view content) {
  std::string temporary = path.string() + ".XXXXXX";
  const int fd = ::mkstemp(temporary.data());
  if (fd < 0) throw InputError(fmt::format("{}: cannot create: {}", path.string(), std::strerror(errno)));
  const auto fail = [&](const char* what) {
    const int reason = errno;
    ::close(fd);
    ::unlink(temporary.c_str());
    throw InputError(fmt::format("{}: cannot {}: {}", path.string(), what, std::strerror(reason)));
  };
  ::fchmod(fd, 0644);
  for (size_t done = 0; done < content.size();) {
    const ssize_t wrote = ::write(fd, content.data() + done, content.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) fail("write");
    done += static_cast<size_t>(wrote);
  }
  if (::fsync(fd) != 0) fail("flush");
  if (::rename(temporary.c_str(), path.c_str()) != 0) fail("rename");
  ::close(fd);
}

void require_writable(const std::filesystem::path& file) {
  std::error_code error;
  const auto fail = [&](const char* expected, const std::string& found) {
    throw InputError(fmt::format("{}: cannot be written: expected {}, found {}", file.string(), expected, found));
  };
  if (file.empty()) fail("the name of a file", "none");
  if (!file.has_filename() || std::filesystem::is_directory(file, error)) fail("a file", "a folder");
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  const std::filesystem::file_status status = std::filesystem::status(folder, error);
  if (!std::filesystem::exists(status)) fail("an existing folder", fmt::format("no {}", folder.string()));
  if (!std::filesystem::is_directory(status)) fail("a folder", fmt::format("a file {}", folder.string()));
  if (::access(folder.c_str(), W_OK | X_OK) != 0)
    fail("a folder to write into", fmt::format("{}: {}", folder.string(), std::strerror(errno)));
}

}  // namespace fp8bench
