#include "harness/text/stop_stream.h"

#include <algorithm>

namespace fp8bench {

StopStream::StopStream(std::vector<std::string> stops) : stops_(std::move(stops)) {
  std::erase_if(stops_, [](const std::string& stop) { return stop.empty(); });
}

std::string StopStream::feed(std::string_view chunk) {
  if (stopped_) return {};
  pending_ += chunk;
  size_t end = std::string::npos;
  for (const std::string& stop : stops_) end = std::min(end, pending_.find(stop));
  if (end != std::string::npos) {
    stopped_ = true;
    std::string text = pending_.substr(0, end);
    pending_.clear();
    return text;
  }
  size_t held = 0;  // the longest end of the text that begins a stop string
  for (const std::string& stop : stops_) {
    for (size_t size = std::min(stop.size() - 1, pending_.size()); size > held; --size)
      if (pending_.compare(pending_.size() - size, size, stop, 0, size) == 0) held = size;
  }
  std::string text = pending_.substr(0, pending_.size() - held);
  pending_.erase(0, text.size());
  return text;
}

std::string StopStream::finish() {
  std::string text = std::move(pending_);
  pending_.clear();
  return text;
}

}  // namespace fp8bench
