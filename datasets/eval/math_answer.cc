#include "datasets/eval/math_answer.h"

#include <algorithm>

#include "datasets/eval/python_text.h"

namespace fp8bench {
namespace {

// The normalisation gives up on a text (where upstream's raises); such texts are equal only when they are the same.
struct NoNormalForm {};

// "\frac1b" and "\fracab" to "\frac{1}{b}": each of the two arguments is one character unless it has braces.
std::u32string brace_fractions(const std::u32string& text) {
  static const std::u32string kFrac = U"\\frac";
  const size_t first = text.find(kFrac);
  if (first == std::u32string::npos) return text;
  std::u32string out = text.substr(0, first);
  for (size_t at = first; at != std::u32string::npos;) {
    const size_t begin = at + kFrac.size();
    at = text.find(kFrac, begin);
    const std::u32string piece = text.substr(begin, at == std::u32string::npos ? at : at - begin);
    out += kFrac;
    if (piece.empty()) throw NoNormalForm();
    if (piece[0] == U'{') {
      out += piece;
      continue;
    }
    if (piece.size() < 2) return text;
    out += U'{', out += piece[0], out += U'}';
    if (piece[1] == U'{') {
      out += piece.substr(1);
    } else {
      out += U'{', out += piece[1], out += U'}', out += piece.substr(2);
    }
  }
  return out;
}

std::u32string brace_roots(const std::u32string& text) {
  static const std::u32string kRoot = U"\\sqrt";
  const size_t first = text.find(kRoot);
  std::u32string out = text.substr(0, first);
  for (size_t at = first; at != std::u32string::npos;) {
    const size_t begin = at + kRoot.size();
    at = text.find(kRoot, begin);
    const std::u32string piece = text.substr(begin, at == std::u32string::npos ? at : at - begin);
    if (piece.empty()) throw NoNormalForm();
    out += kRoot;
    if (piece[0] == U'{') {
      out += piece;
    } else {
      out += U'{', out += piece[0], out += U'}', out += piece.substr(1);
    }
  }
  return out;
}

// int(text) of Python succeeds: spaces around, a sign, digits with single underscores between them.
bool is_python_int(const std::string& text) {
  std::string digits = python_strip(text);
  if (!digits.empty() && (digits[0] == '+' || digits[0] == '-')) digits.erase(0, 1);
  bool digit_before = false;
  for (const char c : digits) {
    if (c == '_' ? !digit_before : (c < '0' || c > '9')) return false;
    digit_before = c != '_';
  }
  return digit_before;
}

// str(int(text)) == text.
bool is_plain_int(const std::string& text) {
  const std::string digits = text.starts_with('-') ? text.substr(1) : text;
  const bool only_digits =
      !digits.empty() && std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  return only_digits && (digits == "0" ? digits == text : digits[0] != '0');
}

// "a/b" of two integers to a fraction; one slash between other things has no normal form.
std::string slash_to_fraction(const std::string& text) {
  const std::vector<std::string> sides = python_split(text, "/");
  if (sides.size() != 2) return text;
  if (!is_python_int(sides[0]) || !is_python_int(sides[1])) throw NoNormalForm();
  if (!is_plain_int(sides[0]) || !is_plain_int(sides[1])) return text;
  return "\\frac{" + sides[0] + "}{" + sides[1] + "}";
}

std::string normal_form(std::string text) {
  const auto replace = [&](std::string_view from, std::string_view to) { text = python_replace(text, from, to); };
  replace("\n", ""), replace("\\!", ""), replace("\\\\", "\\");
  replace("tfrac", "frac"), replace("dfrac", "frac"), replace("\\left", ""), replace("\\right", "");
  replace("^{\\circ}", ""), replace("^\\circ", ""), replace("\\$", "");
  const std::vector<std::string> units = python_split(text, "\\text{ ");  // a unit on the right
  if (units.size() > 2) throw NoNormalForm();
  text = units[0];
  replace("\\%", ""), replace(" .", " 0."), replace("{.", "{0.");
  if (text.empty()) return text;
  if (text[0] == '.') text.insert(0, "0");
  const std::vector<std::string> sides = python_split(text, "=");  // "k = 3"
  if (sides.size() == 2 && python_len(sides[0]) <= 2) text = sides[1];
  text = to_utf8(brace_roots(to_code_points(text)));
  replace(" ", "");
  text = to_utf8(brace_fractions(to_code_points(text)));
  if (text == "0.5") text = "\\frac{1}{2}";
  return slash_to_fraction(text);
}

}  // namespace

std::optional<std::string> boxed_answer(std::string_view solution) {
  static constexpr std::string_view kSpaced = "\\boxed ", kBraced = "\\boxed{";
  if (const size_t at = solution.rfind(kSpaced); at != std::string_view::npos) {
    const std::string_view rest = solution.substr(at + kSpaced.size());
    return std::string(rest.substr(0, rest.find('$')));
  }
  size_t begin = solution.rfind("\\boxed");
  if (begin == std::string_view::npos) begin = solution.rfind("\\fbox");
  if (begin == std::string_view::npos) return std::nullopt;
  int open = 0;
  for (size_t i = begin; i < solution.size(); ++i) {
    if (solution[i] == '{') ++open;
    if (solution[i] != '}' || --open != 0) continue;
    const std::string_view box = solution.substr(begin, i + 1 - begin);
    if (!box.starts_with(kBraced)) return std::nullopt;
    return std::string(box.substr(kBraced.size(), box.size() - kBraced.size() - 1));
  }
  return std::nullopt;
}

std::string answer_of_text(std::string_view text) {
  const size_t first = text.find('$'), last = text.rfind('$');
  return std::string(first == last ? text : text.substr(first + 1, last - first - 1));
}

bool math_equivalent(std::string_view one, std::string_view other) {
  try {
    return normal_form(std::string(one)) == normal_form(std::string(other));
  } catch (const NoNormalForm&) {
    return one == other;
  }
}

}  // namespace fp8bench
