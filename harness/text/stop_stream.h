// Text that ends before the first of some stop strings, passed on as early as that allows: what could still become a
// stop string is held back.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace fp8bench {

class StopStream {
 public:
  explicit StopStream(std::vector<std::string> stops);  // empty ones stop nothing
  // What is certain now. After a stop string nothing comes any more.
  std::string feed(std::string_view chunk);
  std::string finish();  // what was held back
  bool stopped() const { return stopped_; }

 private:
  std::vector<std::string> stops_;
  std::string pending_;
  bool stopped_ = false;
};

}  // namespace fp8bench
