// What one rendering may use up, and what it may ask of the world. Every operation that makes text or items pays first,
// so that a template cannot take more time or memory than this, whatever it says.
#pragma once
#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <vector>

#include "harness/text/jinja/value.h"

namespace fp8bench::jinja {

struct Arguments;

struct Limits {
  int64_t steps = 50'000'000;       // expressions, statements and items touched
  int64_t bytes = 256 << 20;        // made in total, freed or not: text, items, scopes
  int64_t output_bytes = 64 << 20;  // the rendered text
  int depth = 1200;                 // nested expressions, statements, macro calls and loops together
};

class Machine {
 public:
  explicit Machine(const Limits& limits, std::optional<std::time_t> now) : limits_(limits), now_(now) {}
  virtual ~Machine() = default;
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  void step(int64_t n = 1) {
    if ((steps_ += n) > limits_.steps) throw Fault("the template takes too many steps");
  }
  // For `bytes` of new text, or items that take as much.
  void charge(size_t bytes) {
    step(static_cast<int64_t>(bytes >> 6));
    if ((bytes_ += static_cast<int64_t>(bytes)) > limits_.bytes)
      throw Fault("the template makes too much text or data");
  }
  void charge_items(size_t n) { charge(n * sizeof(Value)); }
  std::time_t now() const { return now_ ? *now_ : std::time(nullptr); }
  const Limits& limits() const { return limits_; }

  virtual Value call(const Value& callee, const Arguments& arguments) = 0;
  // Namespaces live as long as the rendering: they are the one value that can contain itself.
  Value make_namespace();

 protected:
  std::vector<std::shared_ptr<Namespace>> namespaces_;

 private:
  Limits limits_;
  std::optional<std::time_t> now_;
  int64_t steps_ = 0, bytes_ = 0;
};

}  // namespace fp8bench::jinja
