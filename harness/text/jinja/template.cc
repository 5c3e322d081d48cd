#include "harness/text/jinja/template.h"

#include <fmt/format.h>

#include "harness/io/error.h"
#include "harness/text/jinja/lexer.h"
#include "harness/text/jinja/parser.h"
#include "harness/text/jinja/renderer.h"
#include "harness/text/utf8.h"

namespace fp8bench::jinja {

struct Template::Parsed {
  Block block;
};

Template::Template(std::string_view source, std::string name) : name_(std::move(name)) {
  if (source.size() > kMaxSourceBytes)
    throw InputError(fmt::format("{}: a template of more than {} bytes", name_, kMaxSourceBytes));
  if (!is_valid_utf8(source)) throw InputError(fmt::format("{}: not valid UTF-8", name_));
  try {
    parsed_ = std::make_unique<const Parsed>(Parsed{Parser(tokenize(source)).parse()});
  } catch (const Fault& fault) {
    throw InputError(fmt::format("{}:{}", name_, fault.what()));
  }
}
Template::~Template() = default;
Template::Template(Template&&) noexcept = default;
Template& Template::operator=(Template&&) noexcept = default;

std::string Template::render(const nlohmann::ordered_json& variables, std::optional<std::time_t> now,
                             const Limits& limits) const {
  if (!variables.is_object()) throw InputError(fmt::format("{}: the variables are not a JSON object", name_));
  try {
    const Value values = from_json(variables);
    Renderer renderer(name_, limits, now);
    return renderer.render(parsed_->block, *values.as_dict());
  } catch (const Fault& fault) {
    throw InputError(fmt::format("{}: {}", name_, fault.what()));
  }
}

}  // namespace fp8bench::jinja
