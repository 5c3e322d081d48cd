// WikiText-2 (Merity et al. 2016), one article a document. The raw file is read back into text as lm-eval does it;
// words and bytes are counted before that.
#include <array>
#include <utility>

#include "datasets/eval/configured_task.h"
#include "datasets/eval/families.h"
#include "datasets/eval/item_metrics.h"
#include "datasets/eval/python_text.h"

namespace fp8bench {
namespace {

using Json = nlohmann::ordered_json;

// The file becomes articles at its level-one headings; what stands before the first one is an article too, unless it
// is blank.
std::vector<Json> wikitext_pages(const std::string& text) {
  std::vector<Json> pages;
  std::string page;
  bool empty = true;
  const auto add = [&] { pages.push_back({{"page", std::exchange(page, "")}}), empty = true; };
  for (const std::string& line : python_split(text, "\n")) {
    const std::string bare = python_strip(python_replace(python_replace(line, "= = =", "==="), "= =", "=="));
    if (bare.starts_with("= ") && bare.ends_with(" =")) {
      if (!python_strip(page).empty()) add();
      page.clear(), empty = true;
    }
    if (!empty) page += '\n';
    page += line, empty = false;
  }
  add();
  return pages;
}

// re.sub of an opening bracket, spaces, text without the closing one, spaces, a closing bracket: the spaces go.
std::string strip_inside(const std::string& text, char open, char close) {
  std::string out;
  for (size_t at = 0;;) {
    const size_t begin = text.find(open, at);
    const size_t end = begin == std::string::npos ? begin : text.find(close, begin + 1);
    if (end == std::string::npos) return out + text.substr(at);
    out.append(text, at, begin + 1 - at);
    out += python_strip(std::string_view(text).substr(begin + 1, end - begin - 1));
    out += close;
    at = end + 1;
  }
}

// re.sub(r"/' [0-9]/", r"/'[0-9]/"): the replacement is literal text.
std::string replace_quoted_digit(std::string text) {
  for (size_t at = text.find("/' "); at != std::string::npos; at = text.find("/' ", at + 1)) {
    if (at + 4 >= text.size() || text[at + 4] != '/' || text[at + 3] < '0' || text[at + 3] > '9') continue;
    text.replace(at, 5, "/'[0-9]/");
    at += 7;
  }
  return text;
}

std::string detokenized(std::string text) {
  const auto replace = [&](std::string_view from, std::string_view to) { text = python_replace(text, from, to); };
  replace("s '", "s'");
  text = replace_quoted_digit(std::move(text));
  for (const auto& [from, to] : std::to_array<std::pair<const char*, const char*>>({{" @-@ ", "-"},
                                                                                    {" @,@ ", ","},
                                                                                    {" @.@ ", "."},
                                                                                    {" : ", ": "},
                                                                                    {" ; ", "; "},
                                                                                    {" . ", ". "},
                                                                                    {" ! ", "! "},
                                                                                    {" ? ", "? "},
                                                                                    {" , ", ", "}}))
    replace(from, to);
  for (const char* pair : {"()", "[]", "{}", "\"\"", "''"}) text = strip_inside(text, pair[0], pair[1]);
  for (const auto& [from, to] : std::to_array<std::pair<const char*, const char*>>({{"= = = =", "===="},
                                                                                    {"= = =", "==="},
                                                                                    {"= =", "=="},
                                                                                    {" \u00B0 ", "\u00B0"},
                                                                                    {" \n", "\n"},
                                                                                    {"\n ", "\n"},
                                                                                    {" N ", " 1 "},
                                                                                    {" 's", "'s"}}))
    replace(from, to);
  return text;
}

}  // namespace

std::unique_ptr<EvalTask> make_wikitext(const EvalTaskInfo& info) {
  TaskSpec spec;
  spec.output = OutputType::kRolling;
  spec.documents = [file = info.files.at(0)](const std::string& data) {
    return wikitext_pages(read_data_text(find_data_file(data, file)));
  };
  spec.fixed_shots = true;  // the whole text is scored, without anything before it
  spec.target = [](const Json& doc) -> Json { return detokenized(doc.at("page")); };
  spec.metrics = {{"word_perplexity", Aggregation::kWeightedPerplexity, false},
                  {"byte_perplexity", Aggregation::kWeightedPerplexity, false},
                  {"bits_per_byte", Aggregation::kBitsPerByte, false}};
  spec.process = [](const Json& doc, std::span<const Response> responses) {
    return rolling_metrics(doc.at("page"), responses[0].log_likelihood);
  };
  return make_configured_task(std::move(spec));
}

}  // namespace fp8bench
