#include "harness/text/decoders.h"

#include <array>
#include <charconv>
#include <optional>

#include "harness/text/byte_level.h"
#include "harness/text/part_table.h"
#include "harness/text/text_pattern.h"
#include "harness/text/utf8.h"

namespace fp8bench {
namespace {

using Parts = std::vector<std::string>;

void fuse(Parts& parts) {
  std::string text;
  for (const std::string& part : parts) text += part;
  parts.assign(1, std::move(text));
}

// "<0xE2>" -> 0xE2
std::optional<char> byte_of(const std::string& part) {
  if (part.size() != 6 || !part.starts_with("<0x") || part.back() != '>') return std::nullopt;
  unsigned value = 0;
  const auto [end, error] = std::from_chars(part.data() + 3, part.data() + 5, value, 16);
  if (error != std::errc() || end != part.data() + 5) return std::nullopt;
  return static_cast<char>(static_cast<unsigned char>(value));
}

// A run of byte tokens is text if the whole run is UTF-8; else every byte of it becomes U+FFFD.
void byte_fallback(Parts& parts) {
  Parts result;
  std::string run;
  const auto end_run = [&] {
    if (run.empty()) return;
    if (is_valid_utf8(run)) {
      result.push_back(run);
    } else {
      for (size_t i = 0; i < run.size(); ++i) result.emplace_back("\uFFFD");
    }
    run.clear();
  };
  for (std::string& part : parts) {
    if (const std::optional<char> byte = byte_of(part)) {
      run.push_back(*byte);
      continue;
    }
    end_run();
    result.push_back(std::move(part));
  }
  end_run();
  parts = std::move(result);
}

Decoder byte_fallback_part(JsonFields&) { return byte_fallback; }

Decoder fuse_part(JsonFields&) { return fuse; }

Decoder byte_level(JsonFields& fields) {
  // Read for encoding only; writers put them here as well.
  for (const char* key : {"add_prefix_space", "trim_offsets", "use_regex"}) fields.boolean_or(key, true);
  return [](Parts& parts) {
    std::string bytes;
    for (const std::string& part : parts) bytes += byte_level_bytes(part);
    parts.assign(1, replace_invalid_utf8(bytes));
  };
}

Decoder replace(JsonFields& fields) {
  const TextPattern pattern = TextPattern::parse(fields.need("pattern"), fields.where(), fields.name_of("pattern"));
  return [pattern, content = fields.text("content")](Parts& parts) {
    for (std::string& part : parts) part = pattern.replace_all(std::move(part), content);
  };
}

Decoder strip(JsonFields& fields) {
  constexpr int64_t kMany = 1 << 20;
  const std::string content = fields.text("content");
  if (content.empty() || utf8_length(static_cast<unsigned char>(content[0])) != static_cast<int>(content.size()))
    fields.fail("content", "one character", fields.find("content"));
  const int64_t start = fields.integer("start", 0, kMany), stop = fields.integer("stop", 0, kMany);
  return [content, start, stop](Parts& parts) {
    for (std::string& part : parts) {
      for (int64_t i = 0; i < start && part.starts_with(content); ++i) part.erase(0, content.size());
      for (int64_t i = 0; i < stop && part.ends_with(content); ++i) part.resize(part.size() - content.size());
    }
  };
}

Decoder metaspace(JsonFields& fields) {
  const std::string replacement = fields.text_or("replacement", "\u2581");
  const std::string scheme = fields.text_or("prepend_scheme", "always");
  fields.boolean_or("split", true);  // of encoding
  if (replacement.empty()) fields.fail("replacement", "one character", fields.find("replacement"));
  if (scheme != "always" && scheme != "first" && scheme != "never")
    fields.fail("prepend_scheme", "always, first or never", fields.find("prepend_scheme"));
  const TextPattern mark = TextPattern::parse({{"String", replacement}}, fields.where(), fields.name_of("replacement"));
  return [mark, replacement, scheme](Parts& parts) {
    for (size_t i = 0; i < parts.size(); ++i) {
      // Encoding put one in front; the library takes all of the first piece for that.
      parts[i] = mark.replace_all(std::move(parts[i]), i == 0 && scheme != "never" ? "" : " ");
    }
  };
}

Decoder sequence(JsonFields& fields) {
  return [steps = parse_list(fields, "decoders", parse_decoder)](Parts& parts) {
    for (const Decoder& step : steps) step(parts);
  };
}

struct Row {
  const char* type;
  Decoder (*make)(JsonFields&);
};

constexpr std::array kDecoders = {
    Row{"Sequence", sequence},   Row{"ByteLevel", byte_level},
    Row{"Replace", replace},     Row{"ByteFallback", byte_fallback_part},
    Row{"Fuse", fuse_part},      Row{"Strip", strip},
    Row{"Metaspace", metaspace},
};

void spaces_between(Parts& parts) {
  for (size_t i = 0; i + 1 < parts.size(); ++i) parts[i] += ' ';
}

}  // namespace

Decoder parse_decoder(const nlohmann::json& json, const std::string& where, const std::string& path) {
  if (json.is_null()) return spaces_between;
  return make_part(kDecoders, json, where, path);
}

}  // namespace fp8bench
