#include "harness/measure/ceilings.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "harness/io/error.h"
#include "harness/io/text_file.h"

namespace fp8bench {
namespace {

// Takes the better of each: what the machine once did it can do, and a ceiling measured beside other work must not pull
// a better one down.
void merge(Ceilings& into, const Ceilings& other) {
  for (const Ceiling& figure : other.all) keep_better(into, figure);
  into.read_gb_s = std::max(into.read_gb_s, other.read_gb_s);
  into.fma_gflop_s = std::max(into.fma_gflop_s, other.fma_gflop_s);
  into.bf16_gflop_s = std::max(into.bf16_gflop_s, other.bf16_gflop_s);
}

// A cache that cannot be read is measured again, not an error.
nlohmann::json read_cache(const std::filesystem::path& file) try {
  if (!std::filesystem::exists(file)) return nlohmann::json::object();
  nlohmann::json all = nlohmann::json::parse(read_text_file(file), nullptr, false);
  return all.is_object() ? all : nlohmann::json::object();
} catch (const InputError&) {
  return nlohmann::json::object();
}

double number(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : 0.0;
}

std::string text(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// What a cache says of a machine; figures that an older or damaged file lacks stay 0.
Ceilings from_json(const nlohmann::json& cache, const Environment& environment) {
  const std::string& key = environment.machine_key;
  Ceilings ceilings;
  ceilings.machine_key = key;
  const auto machine = cache.find(key);
  if (machine == cache.end() || !machine->is_object()) return ceilings;
  ceilings.read_gb_s = number(*machine, "read_gb_s");
  ceilings.fma_gflop_s = number(*machine, "fma_gflop_s");
  ceilings.bf16_gflop_s = number(*machine, "bf16_gflop_s");
  const auto all = machine->find("all");
  if (all == machine->end() || !all->is_array()) return ceilings;
  for (const nlohmann::json& figure : *all)
    if (figure.is_object() && !text(figure, "name").empty() && number(figure, "value") > 0.0)
      keep_better(ceilings,
                  {text(figure, "name"), number(figure, "value"), number(figure, "spread"), text(figure, "unit")});
  hold_rows_to(ceilings, environment);
  return ceilings;
}

nlohmann::json to_json(const Ceilings& ceilings, const Environment& environment) {
  nlohmann::json all = nlohmann::json::array();
  for (const Ceiling& figure : ceilings.all)
    all.push_back({{"name", figure.name}, {"value", figure.value}, {"spread", figure.spread}, {"unit", figure.unit}});
  return {{"read_gb_s", ceilings.read_gb_s},
          {"fma_gflop_s", ceilings.fma_gflop_s},
          {"bf16_gflop_s", ceilings.bf16_gflop_s},
          {"cpu", environment.cpu},
          {"isa", environment.isa},
          {"all", all}};
}

}  // namespace

void keep_better(Ceilings& ceilings, const Ceiling& figure) {
  for (Ceiling& known : ceilings.all)
    if (known.name == figure.name) {
      if (figure.value > known.value) known = figure;
      return;
    }
  ceilings.all.push_back(figure);
}

double Ceilings::value(std::string_view name) const {
  for (const Ceiling& figure : all)
    if (figure.name == name) return figure.value;
  return 0.0;
}

double Ceilings::gflop_s(ComputeUnit unit) const {
  switch (unit) {
    case ComputeUnit::kNone:
      return 0.0;
    case ComputeUnit::kFma:
      return fma_gflop_s;
    case ComputeUnit::kNative:
      return bf16_gflop_s;
  }
  return 0.0;
}

std::filesystem::path ceilings_file() {
  if (const char* own = std::getenv("FP8BENCH_CACHE"); own != nullptr && *own != '\0')
    return std::filesystem::path(own) / "ceilings.json";
  if (const char* xdg = std::getenv("XDG_CACHE_HOME"); xdg != nullptr && *xdg != '\0')
    return std::filesystem::path(xdg) / "fp8bench" / "ceilings.json";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    return std::filesystem::path(home) / ".cache" / "fp8bench" / "ceilings.json";
  std::error_code ignored;  // an empty path, then: the current folder
  return std::filesystem::temp_directory_path(ignored) / "fp8bench" / "ceilings.json";
}

Ceilings remember_ceilings(const Environment& environment, const Ceilings& measured) {
  const std::filesystem::path file = ceilings_file();
  nlohmann::json cache = read_cache(file);
  Ceilings merged = from_json(cache, environment);
  merge(merged, measured);
  hold_rows_to(merged, environment);
  cache[environment.machine_key] = to_json(merged, environment);
  std::error_code ignored;
  std::filesystem::create_directories(file.parent_path(), ignored);
  try {
    write_file_atomically(file, cache.dump(2) + "\n");
  } catch (const InputError&) {  // a read-only home only means measuring again next time
  }
  return merged;
}

Ceilings cached_ceilings(const Environment& environment, bool recalibrate) {
  const Ceilings known = from_json(read_cache(ceilings_file()), environment);
  const bool complete = known.read_gb_s > 0.0 && known.fma_gflop_s > 0.0 && known.bf16_gflop_s > 0.0;
  if (complete && !recalibrate) return known;
  return remember_ceilings(environment, measure_ceilings(environment));
}

}  // namespace fp8bench
