#include "harness/text/text_pattern.h"

#include "harness/io/error.h"
#include "harness/io/json_fields.h"

namespace fp8bench {

TextPattern TextPattern::parse(const nlohmann::json& json, const std::string& where, const std::string& path) {
  JsonFields fields(json, where, path);
  TextPattern pattern;
  if (json.contains("Regex")) {
    pattern.regex_ = std::make_shared<const Regex>(fields.text("Regex"), where + ": " + fields.name_of("Regex"));
  } else {
    pattern.literal_ = fields.text("String");
    if (pattern.literal_.empty()) fields.fail("String", "some text", fields.find("String"));
  }
  fields.refuse_unknown({}, "it would change what is matched");
  return pattern;
}

TextPattern TextPattern::of_regex(std::string_view text, const std::string& where) {
  TextPattern pattern;
  pattern.regex_ = std::make_shared<const Regex>(text, where);
  return pattern;
}

void TextPattern::for_each_match(std::string_view text, const std::function<void(size_t, size_t)>& found) const {
  if (regex_ != nullptr) return regex_->for_each_match(text, found);
  for (size_t pos = text.find(literal_); pos != std::string_view::npos;
       pos = text.find(literal_, pos + literal_.size()))
    found(pos, pos + literal_.size());
}

std::string TextPattern::replace_all(std::string text, const std::string& content) const {
  if (regex_ == nullptr && text.find(literal_) == std::string::npos) return text;
  std::string result;
  result.reserve(text.size() + text.size() / 2);
  size_t done = 0;
  for_each_match(text, [&](size_t begin, size_t end) {
    result.append(text, done, begin - done);
    result += content;
    done = end;
  });
  result.append(text, done);
  return result;
}

}  // namespace fp8bench
