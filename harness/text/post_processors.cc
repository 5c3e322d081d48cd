#include "harness/text/post_processors.h"

#include <array>

#include "harness/text/part_table.h"

namespace fp8bench {
namespace {

constexpr int64_t kMaxId = 1 << 21;

// {"<bos>": {"id": "<bos>", "ids": [2], "tokens": ["<bos>"]}}: the ids of one name
std::vector<int32_t> ids_of(JsonFields& fields, const std::string& name) {
  const nlohmann::json& all = fields.need("special_tokens");
  JsonFields tokens(all, fields.where(), fields.name_of("special_tokens"));
  JsonFields token(tokens.need(name), fields.where(), tokens.name_of(name));
  const nlohmann::json& list = token.need("ids");
  std::vector<int32_t> ids;
  if (!list.is_array()) token.fail("ids", "a list", &list);
  for (const nlohmann::json& value : list) {
    const std::optional<int64_t> id = as_integer(value, 0, kMaxId);
    if (!id) token.fail("ids", "a list of token ids", &list);
    ids.push_back(static_cast<int32_t>(*id));
  }
  return ids;
}

Surrounding template_processing(JsonFields& fields) {
  fields.find("pair");  // of two texts at once, which nobody asks for here
  const nlohmann::json& single = fields.need("single");
  if (!single.is_array()) fields.fail("single", "a list", &single);
  fields.need("special_tokens");
  Surrounding around;
  bool text_seen = false;
  for (size_t i = 0; i < single.size(); ++i) {
    JsonFields item(single[i], fields.where(), fmt::format("{}[{}]", fields.name_of("single"), i));
    if (const nlohmann::json* special = item.find("SpecialToken")) {
      JsonFields named(*special, fields.where(), item.name_of("SpecialToken"));
      const std::vector<int32_t> ids = ids_of(fields, named.text("id"));
      std::vector<int32_t>& side = text_seen ? around.after : around.before;
      side.insert(side.end(), ids.begin(), ids.end());
    } else {
      JsonFields named(item.need("Sequence"), fields.where(), item.name_of("Sequence"));
      named.expect_text("id", {"A"});
      if (text_seen) item.fail("Sequence", "the text once", &single[i]);
      text_seen = true;
    }
  }
  if (!text_seen) fields.fail("single", "the text (Sequence A) in it", &single);
  return around;
}

Surrounding byte_level(JsonFields& fields) {
  // All three concern character positions only.
  for (const char* key : {"add_prefix_space", "trim_offsets", "use_regex"}) fields.boolean_or(key, true);
  return {};
}

Surrounding sequence(JsonFields& fields) {
  Surrounding around;
  for (Surrounding& inner : parse_list(fields, "processors", parse_post_processor)) {
    around.before.insert(around.before.begin(), inner.before.begin(), inner.before.end());
    around.after.insert(around.after.end(), inner.after.begin(), inner.after.end());
  }
  return around;
}

struct Row {
  const char* type;
  Surrounding (*make)(JsonFields&);
};

constexpr std::array kPostProcessors = {
    Row{"Sequence", sequence},
    Row{"TemplateProcessing", template_processing},
    Row{"ByteLevel", byte_level},
};

}  // namespace

Surrounding parse_post_processor(const nlohmann::json& json, const std::string& where, const std::string& path) {
  if (json.is_null()) return {};
  return make_part(kPostProcessors, json, where, path);
}

}  // namespace fp8bench
