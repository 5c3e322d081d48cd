// A small, strict Jinja: what Hugging Face chat templates are written in, with the settings of transformers'
// ImmutableSandboxedEnvironment (trim_blocks, lstrip_blocks, break and continue, {% generation %}, its tojson,
// raise_exception and strftime_now). A template either renders as it does there or is refused: an unknown tag, filter,
// test, method or escape is an error that names template, line and construct.
//
// Stricter than Jinja: inheritance, includes, imports, autoescape, names outside ASCII, integers beyond 64 bits and
// printing what Python would print with a memory address are refused; an unknown filter is refused even in a branch
// that does not run.
//
// Bounded (Limits in machine.h; kMaxSourceBytes, kMaxNesting in parser.h, kMaxValueDepth and -Weight in value.h): a
// rendering ends within 50 million steps, 256 MiB of text and data made, 64 MiB of output and 1,200 levels of
// recursion, or is an error. What the bounds do not stop is slow, not endless: a few seconds.
#pragma once
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "harness/text/jinja/machine.h"

namespace fp8bench::jinja {

inline constexpr size_t kMaxSourceBytes = 1 << 20;

class Template {
 public:
  // `name` stands in every message. Throws InputError ("name:line: what").
  Template(std::string_view source, std::string name);
  ~Template();
  Template(Template&&) noexcept;
  Template& operator=(Template&&) noexcept;

  // `variables`: a JSON object. `now`: what strftime_now() says, in local time; absent: the clock. Throws InputError.
  std::string render(const nlohmann::ordered_json& variables, std::optional<std::time_t> now = std::nullopt,
                     const Limits& limits = {}) const;

 private:
  struct Parsed;
  std::string name_;
  std::unique_ptr<const Parsed> parsed_;
};

}  // namespace fp8bench::jinja
