#include "harness/score/journal.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "harness/io/error.h"
#include "harness/io/text_file.h"

namespace fp8bench {
namespace {

using nlohmann::json;

constexpr std::string_view kHeader = R"({"fp8bench_journal":1})";

std::string line_of(const std::string& key, const JournalAnswer& answer) {
  json line = {{"key", key}};
  if (answer.tokens.empty()) {
    line["ll"] = answer.log_likelihood;  // shortest text that reads back equal
    line["greedy"] = answer.greedy;
  } else {
    line["tokens"] = answer.tokens;
  }
  return line.dump() + "\n";
}

[[noreturn]] void fail(const std::filesystem::path& path, const char* what) {
  throw InputError(fmt::format("{}: {}: {}", path.string(), what, std::strerror(errno)));
}

}  // namespace

Journal::Journal(const std::filesystem::path& path) : path_(path) {
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file_ < 0) fail(path, "cannot be opened");
  try {
    if (::flock(file_, LOCK_EX | LOCK_NB) != 0) fail(path, "another process is writing this journal");
    read(path);
  } catch (...) {
    ::close(file_);
    throw;
  }
}

Journal::~Journal() {
  if (file_ < 0) return;
  try {
    flush();
  } catch (const InputError&) {
    // The answers are not lost to this run; the next one will compute them again.
  }
  ::close(file_);
}

void Journal::read(const std::filesystem::path& path) {
  const std::string text = read_text_file(path);
  const size_t complete = text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1;
  if (complete == 0 && kHeader.substr(0, text.size()) != text)
    throw InputError(fmt::format("{}: line 1: expected {}", path.string(), kHeader));
  if (complete < text.size() && ::ftruncate(file_, static_cast<off_t>(complete)) != 0) fail(path, "cannot be cut");
  if (complete == 0) {
    pending_ = fmt::format("{}\n", kHeader);
    return flush();
  }
  int64_t number = 0;
  for (size_t begin = 0; begin < complete;) {
    const size_t end = text.find('\n', begin);
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    ++number;
    if (number == 1) {
      if (line != kHeader) throw InputError(fmt::format("{}: line 1: expected {}", path.string(), kHeader));
      continue;
    }
    try {
      const json value = json::parse(line);
      JournalAnswer answer;
      if (value.contains("tokens")) {
        answer.tokens = value.at("tokens").get<std::vector<int32_t>>();
      } else {
        answer.log_likelihood = value.at("ll").get<double>();
        answer.greedy = value.at("greedy").get<bool>();
      }
      answers_[value.at("key").get<std::string>()] = std::move(answer);
    } catch (const json::exception& error) {
      throw InputError(fmt::format("{}: line {}: expected an answer, found '{}' ({})", path.string(), number,
                                   line.substr(0, 60), error.what()));
    }
  }
}

const JournalAnswer* Journal::find(const std::string& key) const {
  const auto found = answers_.find(key);
  return found == answers_.end() ? nullptr : &found->second;
}

void Journal::add(const std::string& key, JournalAnswer answer) {
  if (file_ >= 0) pending_ += line_of(key, answer);
  answers_[key] = std::move(answer);
}

void Journal::flush() {
  if (file_ < 0) return;
  for (size_t written = 0; written < pending_.size();) {
    const ssize_t n = ::write(file_, pending_.data() + written, pending_.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(path_, "cannot be written");
    written += static_cast<size_t>(n);
  }
  pending_.clear();
  if (::fsync(file_) != 0) fail(path_, "cannot be flushed");
}

}  // namespace fp8bench
