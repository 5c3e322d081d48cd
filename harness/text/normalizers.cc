#include "harness/text/normalizers.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>

#include <array>

#include "harness/io/error.h"
#include "harness/io/json_fields.h"
#include "harness/text/part_table.h"
#include "harness/text/text_pattern.h"

namespace fp8bench {
namespace {

using Instance = const icu::Normalizer2* (*)(UErrorCode&);

std::string normalize(const std::string& text, Instance instance, bool decompose) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* form = instance(error);
  if (U_FAILURE(error)) throw InputError(std::string("normalizer: ICU has no data: ") + u_errorName(error));
  std::string result;
  if (decompose) {  // ICU normalizes UTF-8 directly only where it composes
    const icu::UnicodeString wide = form->normalize(icu::UnicodeString::fromUTF8(text), error);
    wide.toUTF8String(result);
  } else {
    icu::StringByteSink<std::string> sink(&result, static_cast<int32_t>(text.size()));
    form->normalizeUTF8(0, text, sink, nullptr, error);
  }
  if (U_FAILURE(error)) throw InputError(std::string("normalizer: ICU fails: ") + u_errorName(error));
  return result;
}

template <Instance kInstance, bool kDecompose>
Normalizer unicode_form(JsonFields&) {
  return [](const std::string& text) { return normalize(text, kInstance, kDecompose); };
}

Normalizer replace(JsonFields& fields) {
  const TextPattern pattern = TextPattern::parse(fields.need("pattern"), fields.where(), fields.name_of("pattern"));
  return [pattern, content = fields.text("content")](std::string text) {
    return pattern.replace_all(std::move(text), content);
  };
}

Normalizer prepend(JsonFields& fields) {
  return [front = fields.text("prepend")](std::string text) { return text.empty() ? text : front + text; };
}

Normalizer sequence(JsonFields& fields) {
  return [steps = parse_list(fields, "normalizers", parse_normalizer)](std::string text) {
    for (const Normalizer& step : steps) text = step(std::move(text));
    return text;
  };
}

struct Row {
  const char* type;
  Normalizer (*make)(JsonFields&);
};

constexpr std::array kNormalizers = {
    Row{"Sequence", sequence},
    Row{"Replace", replace},
    Row{"Prepend", prepend},
    Row{"NFC", unicode_form<icu::Normalizer2::getNFCInstance, false>},
    Row{"NFD", unicode_form<icu::Normalizer2::getNFDInstance, true>},
    Row{"NFKC", unicode_form<icu::Normalizer2::getNFKCInstance, false>},
    Row{"NFKD", unicode_form<icu::Normalizer2::getNFKDInstance, true>},
};

}  // namespace

Normalizer parse_normalizer(const nlohmann::json& json, const std::string& where, const std::string& path) {
  if (json.is_null()) return [](std::string text) { return text; };
  return make_part(kNormalizers, json, where, path);
}

}  // namespace fp8bench
