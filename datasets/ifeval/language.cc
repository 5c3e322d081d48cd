#include "datasets/ifeval/language.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <string>
#include <vector>

#include "datasets/ifeval/python_regex.h"
#include "datasets/ifeval/python_text.h"

namespace fp8bench::ifeval {
namespace {

using python::Regex;

constexpr std::string_view kLanguages[] = {"en", "es", "pt", "ar", "hi", "fr", "ru", "de", "ja", "it",
                                           "bn", "uk", "th", "ur", "ta", "te", "bg", "ko", "pl", "he",
                                           "fa", "vi", "ne", "sw", "kn", "mr", "gu", "pa", "ml", "fi"};

// Characters of the profiles that are no letter, mark or number (and are not blanked before).
constexpr char32_t kOtherFeatures[] = {0x92,   0xA3,   0xAD,   0xB2,   0xB7,   0xD7,   0x384,  0x60C,  0x61B,  0x66C,
                                       0x6D4,  0x964,  0x2212, 0x223C, 0x3000, 0x3001, 0x3002, 0x3008, 0x3009, 0x300A,
                                       0x300B, 0x300C, 0x300D, 0x300E, 0x300F, 0x301C, 0x339E, 0x33A1, 0x33A2, 0xFEFF,
                                       0xFF08, 0xFF09, 0xFF0C, 0xFF0D, 0xFF1A, 0xFF1B, 0xFF1D, 0xFF5E, 0xFFFD};

constexpr size_t kMaxCharacters = 10'000;

bool may_be_feature(char32_t c) {
  if (c < 0x80) return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  if (c == 0xA0 || c == 0xAB || c == 0xB0 || c == 0xBB || (c >= 0x2000 && c < 0x2070)) return false;  // blanks
  if (std::find(std::begin(kOtherFeatures), std::end(kOtherFeatures), c) != std::end(kOtherFeatures)) return true;
  constexpr uint32_t kLetterMarkNumber = U_GC_L_MASK | U_GC_M_MASK | U_GC_N_MASK;
  return (U_GET_GC_MASK(static_cast<UChar32>(c)) & kLetterMarkNumber) != 0;
}

// The part that is looked at: runs of spaces count once.
std::vector<char32_t> taken_in(std::string_view text) {
  static const Regex url("https?://[-_.?&~;+=/#0-9A-Za-z]{1,2076}");
  static const Regex mail("[-_.0-9A-Za-z]{1,64}@[-_0-9A-Za-z]{1,255}[-_.0-9A-Za-z]{1,255}");
  const auto blank = [](const Regex::Match&, std::string& out) { out += ' '; };
  const std::string cleaned = mail.replace(url.replace(text, blank), blank);
  std::vector<char32_t> taken;
  size_t seen = 0;
  for (size_t at = 0; at < cleaned.size() && seen < kMaxCharacters; ++seen)
    taken.push_back(python::next_character(cleaned, at));
  return taken;
}

}  // namespace

bool is_known_language(std::string_view code) {
  return std::find(std::begin(kLanguages), std::end(kLanguages), code) != std::end(kLanguages);
}

bool detector_finds_nothing(std::string_view text) {
  std::vector<char32_t> taken = taken_in(text);
  // Latin letters are taken out where they are less than half as many as the others.
  size_t latin = 0, others = 0;
  for (const char32_t c : taken) {
    if (c >= 'A' && c <= 'z')
      ++latin;
    else if (c >= 0x300 && !(c >= 0x1E00 && c <= 0x1EFF))
      ++others;
  }
  const bool without_latin = latin * 2 < others;
  return std::none_of(taken.begin(), taken.end(),
                      [&](char32_t c) { return may_be_feature(c) && !(without_latin && c >= 'A' && c <= 'z'); });
}

}  // namespace fp8bench::ifeval
