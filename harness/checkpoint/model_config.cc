#include "harness/checkpoint/model_config.h"

#include <fmt/format.h>

#include "harness/checkpoint/architectures.h"
#include "harness/io/json_fields.h"
#include "harness/io/strict_json.h"

namespace fp8bench {

ModelConfig parse_model_config(const std::string& config_text, const std::string& where) {
  const nlohmann::json file = parse_strict_json(config_text, where);
  JsonFields top(file, where, "");
  const Architecture* architecture = find_architecture(top.text("model_type"));
  if (architecture == nullptr) {
    std::string known;
    for (const Architecture* each : architectures())
      for (const std::string_view type : each->model_types) known += fmt::format(", \"{}\"", type);
    top.fail("model_type", fmt::format("one of {}", known.substr(2)), &file.at("model_type"));
  }
  return architecture->parse(file, where);
}

}  // namespace fp8bench
