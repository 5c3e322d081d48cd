#define PCRE2_CODE_UNIT_WIDTH 8
#include "datasets/ifeval/python_regex.h"

#include <fmt/core.h>
#include <pcre2.h>

#include "datasets/task.h"

namespace fp8bench::python {
namespace {

// Steps of one search; a response of 100 kB needs fewer by far.
constexpr uint32_t kMatchLimit = 2'000'000;
constexpr size_t kMaxPattern = 4096;

struct MatchState {
  pcre2_match_data* data = pcre2_match_data_create(16, nullptr);
  pcre2_match_context* context = pcre2_match_context_create(nullptr);
  pcre2_jit_stack* stack = pcre2_jit_stack_create(size_t{32} << 10, size_t{4} << 20, nullptr);

  MatchState() {
    pcre2_jit_stack_assign(context, nullptr, stack);
    pcre2_set_match_limit(context, kMatchLimit);
  }
  ~MatchState() {
    pcre2_jit_stack_free(stack);
    pcre2_match_context_free(context);
    pcre2_match_data_free(data);
  }
  MatchState(const MatchState&) = delete;
  MatchState& operator=(const MatchState&) = delete;
};

std::string message_of(int code) {
  std::array<PCRE2_UCHAR, 256> text{};
  pcre2_get_error_message(code, text.data(), text.size());
  return reinterpret_cast<const char*>(text.data());
}

}  // namespace

struct Regex::Compiled {
  pcre2_code* code = nullptr;
  ~Compiled() { pcre2_code_free(code); }
};

Regex::Regex(std::string_view pattern, unsigned flags) : compiled_(std::make_unique<Compiled>()) {
  if (pattern.size() > kMaxPattern)
    throw DatasetError(fmt::format("expected a pattern of at most {} bytes, found {}", kMaxPattern, pattern.size()));
  const std::string native =
      (flags & kNative) != 0 ? std::string(pattern) : translate(pattern, (flags & kIgnoreCase) != 0);
  uint32_t options = PCRE2_UTF | PCRE2_UCP;
  if ((flags & kIgnoreCase) != 0) options |= PCRE2_CASELESS;
  if ((flags & kMultiLine) != 0) options |= PCRE2_MULTILINE;
  const std::unique_ptr<pcre2_compile_context, void (*)(pcre2_compile_context*)> context(
      pcre2_compile_context_create(nullptr), pcre2_compile_context_free);
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  int error = 0;
  PCRE2_SIZE place = 0;
  compiled_->code =
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(native.data()), native.size(), options, &error, &place, context.get());
  if (compiled_->code == nullptr)
    throw DatasetError(fmt::format("expected a regular expression, found {}: {}", pattern, message_of(error)));
  pcre2_jit_compile(compiled_->code, PCRE2_JIT_COMPLETE);  // where there is no JIT, the interpreter does it
  pcre2_pattern_info(compiled_->code, PCRE2_INFO_CAPTURECOUNT, &groups_);
}

Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;

bool Regex::find(std::string_view text, size_t from, uint32_t options, Match& found) const {
  thread_local MatchState state;
  const int code = pcre2_match(compiled_->code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from,
                               options | PCRE2_NO_UTF_CHECK, state.data, state.context);
  if (code == PCRE2_ERROR_NOMATCH) return false;
  if (code < 0) throw RegexLimit(message_of(code));
  const PCRE2_SIZE* at = pcre2_get_ovector_pointer(state.data);
  found.begin = at[0];
  found.end = at[1];
  for (size_t g = 0; g < kGroups; ++g) {
    const bool part = g <= groups_ && at[2 * g] != PCRE2_UNSET && (code == 0 || g < static_cast<size_t>(code));
    found.group[g] = part ? text.substr(at[2 * g], at[2 * g + 1] - at[2 * g]) : std::string_view();
  }
  return true;
}

bool Regex::search(std::string_view text) const {
  Match found;
  return find(text, 0, 0, found);
}

bool Regex::match_at(std::string_view text, size_t at, Match& found) const {
  return find(text, at, PCRE2_ANCHORED, found);
}

// As re does: after an empty match the next one may begin at the same place but must not be empty there.
void Regex::each(std::string_view text, const std::function<void(const Match&)>& take) const {
  Match found;
  size_t from = 0;
  uint32_t options = 0;
  while (from <= text.size() && find(text, from, options, found)) {
    take(found);
    from = found.end;
    options = found.begin == found.end ? PCRE2_NOTEMPTY_ATSTART : 0;
  }
}

int64_t Regex::count(std::string_view text) const {
  int64_t matches = 0;
  each(text, [&](const Match&) { ++matches; });
  return matches;
}

std::vector<std::string_view> Regex::split(std::string_view text) const {
  std::vector<std::string_view> parts;
  size_t begin = 0;
  each(text, [&](const Match& match) {
    parts.push_back(text.substr(begin, match.begin - begin));
    begin = match.end;
  });
  parts.push_back(text.substr(begin));
  return parts;
}

std::string Regex::replace(std::string_view text, const std::function<void(const Match&, std::string&)>& by) const {
  std::string result;
  size_t begin = 0;
  each(text, [&](const Match& match) {
    result.append(text, begin, match.begin - begin);
    by(match, result);
    begin = match.end;
  });
  result.append(text, begin);
  return result;
}

}  // namespace fp8bench::python
