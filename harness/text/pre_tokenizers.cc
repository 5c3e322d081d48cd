#include "harness/text/pre_tokenizers.h"

#include <array>

#include "harness/io/error.h"
#include "harness/text/byte_level.h"
#include "harness/text/part_table.h"
#include "harness/text/text_pattern.h"

namespace fp8bench {
namespace {

constexpr std::string_view kGpt2 = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

enum class Behavior { kRemoved, kIsolated, kMergedWithPrevious, kMergedWithNext, kContiguous };

struct BehaviorName {
  const char* name;
  Behavior behavior;
};
constexpr std::array kBehaviors = {
    BehaviorName{"Removed", Behavior::kRemoved},
    BehaviorName{"Isolated", Behavior::kIsolated},
    BehaviorName{"MergedWithPrevious", Behavior::kMergedWithPrevious},
    BehaviorName{"MergedWithNext", Behavior::kMergedWithNext},
    BehaviorName{"Contiguous", Behavior::kContiguous},
};

struct Span {
  size_t begin, end;
  bool match;
};

// The whole of `text` as matches and what lies between them.
void find_spans(std::string_view text, const TextPattern& pattern, bool invert, std::vector<Span>& spans) {
  spans.clear();
  size_t done = 0;
  pattern.for_each_match(text, [&](size_t begin, size_t end) {
    if (begin > done) spans.push_back({done, begin, invert});
    if (end > begin) spans.push_back({begin, end, !invert});
    done = end;
  });
  if (done < text.size()) spans.push_back({done, text.size(), invert});
}

// Is there no cut between these two neighbours? `joined`: the left one has taken in a match already.
bool joins(const Span& left, const Span& right, Behavior behavior) {
  switch (behavior) {
    case Behavior::kMergedWithPrevious:
      return right.match && !left.match;
    case Behavior::kMergedWithNext:
      return left.match && !right.match;
    case Behavior::kContiguous:
      return left.match == right.match;
    case Behavior::kRemoved:
    case Behavior::kIsolated:
      return false;
  }
  return false;
}

// Every piece is searched on its own: a look-ahead does not see the next one.
void split(Pieces& pieces, const TextPattern& pattern, Behavior behavior, bool invert) {
  Pieces cut;
  cut.at_text_start = pieces.at_text_start;
  cut.text.reserve(pieces.text.size());
  cut.ends.reserve(pieces.text.size() / 4);
  std::vector<Span> spans;
  for (size_t i = 0; i < pieces.size(); ++i) {
    const std::string_view piece = pieces[i];
    find_spans(piece, pattern, invert, spans);
    for (size_t k = 0; k < spans.size(); ++k) {
      if (behavior == Behavior::kRemoved && spans[k].match) {
        cut.at_text_start &= !cut.text.empty();
        continue;
      }
      if (k > 0 && !joins(spans[k - 1], spans[k], behavior)) cut.close();
      if (behavior == Behavior::kRemoved) cut.close();
      cut.text += piece.substr(spans[k].begin, spans[k].end - spans[k].begin);
    }
    cut.close();
  }
  pieces = std::move(cut);
}

void to_byte_level(Pieces& pieces) {
  Pieces mapped;
  mapped.at_text_start = pieces.at_text_start;
  mapped.text.reserve(pieces.text.size() + pieces.text.size() / 4);
  mapped.ends.reserve(pieces.size());
  for (size_t i = 0; i < pieces.size(); ++i) {
    append_byte_level(mapped.text, pieces[i]);
    mapped.close();
  }
  pieces = std::move(mapped);
}

// Puts `front` before every piece that `wants` it.
template <typename Wants>
void prepend(Pieces& pieces, std::string_view front, const Wants& wants) {
  Pieces longer;
  longer.at_text_start = pieces.at_text_start;
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (wants(i)) longer.text += front;
    longer.text += pieces[i];
    longer.close();
  }
  pieces = std::move(longer);
}

PreTokenizer split_part(JsonFields& fields) {
  const TextPattern pattern = TextPattern::parse(fields.need("pattern"), fields.where(), fields.name_of("pattern"));
  const std::string name = fields.text("behavior");
  const bool invert = fields.boolean_or("invert", false);
  for (const BehaviorName& row : kBehaviors)
    if (name == row.name)
      return [pattern, invert, behavior = row.behavior](Pieces& pieces) { split(pieces, pattern, behavior, invert); };
  fields.fail("behavior", "Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous",
              fields.find("behavior"));
}

PreTokenizer digits(JsonFields& fields) {
  const Behavior behavior = fields.boolean_or("individual_digits", false) ? Behavior::kIsolated : Behavior::kContiguous;
  return [pattern = TextPattern::of_regex(R"(\p{N})", "Digits"), behavior](Pieces& pieces) {
    split(pieces, pattern, behavior, false);
  };
}

PreTokenizer byte_level(JsonFields& fields) {
  const bool add_prefix_space = fields.boolean_or("add_prefix_space", true);
  const bool use_regex = fields.boolean_or("use_regex", true);
  fields.boolean_or("trim_offsets", true);  // of character positions, which nobody asks for here
  return [pattern = TextPattern::of_regex(kGpt2, "ByteLevel"), add_prefix_space, use_regex](Pieces& pieces) {
    if (add_prefix_space) prepend(pieces, " ", [&](size_t i) { return pieces[i].front() != ' '; });
    if (use_regex) split(pieces, pattern, Behavior::kIsolated, false);
    to_byte_level(pieces);
  };
}

PreTokenizer metaspace(JsonFields& fields) {
  const std::string replacement = fields.text_or("replacement", "\u2581");
  const std::string scheme = fields.text_or("prepend_scheme", "always");
  const bool cut = fields.boolean_or("split", true);
  if (replacement.empty()) fields.fail("replacement", "one character", fields.find("replacement"));
  if (scheme != "always" && scheme != "first" && scheme != "never")
    fields.fail("prepend_scheme", "always, first or never", fields.find("prepend_scheme"));
  const auto parse = [&](const char* key, const std::string& text) {
    return TextPattern::parse({{"String", text}}, fields.where(), fields.name_of(key));
  };
  return [space = parse("split", " "), mark = parse("replacement", replacement), replacement, scheme,
          cut](Pieces& pieces) {
    Pieces marked;
    marked.at_text_start = pieces.at_text_start;
    for (size_t i = 0; i < pieces.size(); ++i) {
      marked.text += space.replace_all(std::string(pieces[i]), replacement);
      marked.close();
    }
    pieces = std::move(marked);
    if (scheme != "never")
      prepend(pieces, replacement, [&](size_t i) {
        return !pieces[i].starts_with(replacement) && (scheme == "always" || (i == 0 && pieces.at_text_start));
      });
    if (cut) split(pieces, mark, Behavior::kMergedWithNext, false);
  };
}

PreTokenizer sequence(JsonFields& fields) {
  return [steps = parse_list(fields, "pretokenizers", parse_pre_tokenizer)](Pieces& pieces) {
    for (const PreTokenizer& step : steps) step(pieces);
  };
}

struct Row {
  const char* type;
  PreTokenizer (*make)(JsonFields&);
};

constexpr std::array kPreTokenizers = {
    Row{"Sequence", sequence},    Row{"Split", split_part},    Row{"Digits", digits},
    Row{"ByteLevel", byte_level}, Row{"Metaspace", metaspace},
};

}  // namespace

PreTokenizer parse_pre_tokenizer(const nlohmann::json& json, const std::string& where, const std::string& path) {
  if (json.is_null()) return [](Pieces&) {};
  return make_part(kPreTokenizers, json, where, path);
}

}  // namespace fp8bench
