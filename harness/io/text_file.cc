#include "harness/io/text_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

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

}  // namespace fp8bench
