#include "harness/text/jinja/callable.h"

#include <fmt/format.h>

#include <algorithm>

namespace fp8bench::jinja {

std::vector<const Value*> Arguments::bind(const std::string& function, std::initializer_list<const char*> parameters,
                                          size_t required) const {
  if (positional.size() > parameters.size())
    throw Fault(
        fmt::format("{}() takes at most {} argument(s), {} given", function, parameters.size(), positional.size()));
  std::vector<const Value*> bound(parameters.size(), nullptr);
  for (size_t i = 0; i < positional.size(); ++i) bound[i] = &positional[i];
  for (const auto& [name, value] : named) {
    const auto found = std::find(parameters.begin(), parameters.end(), name);
    if (found == parameters.end()) throw Fault(fmt::format("{}() has no parameter '{}'", function, name));
    const Value*& place = bound[static_cast<size_t>(found - parameters.begin())];
    if (place != nullptr) throw Fault(fmt::format("{}() has two values for parameter '{}'", function, name));
    place = &value;
  }
  for (size_t i = 0; i < required; ++i)
    if (bound[i] == nullptr)
      throw Fault(fmt::format("{}() misses its argument '{}'", function, *(parameters.begin() + i)));
  return bound;
}

std::vector<const Value*> Arguments::bind_positional(const std::string& function, size_t required, size_t most) const {
  if (!named.empty()) throw Fault(fmt::format("{}() takes no keyword arguments", function));
  if (positional.size() < required || positional.size() > most)
    throw Fault(fmt::format("{}() takes {} to {} argument(s), {} given", function, required, most, positional.size()));
  std::vector<const Value*> bound(most, nullptr);
  for (size_t i = 0; i < positional.size(); ++i) bound[i] = &positional[i];
  return bound;
}

bool Loop::has(size_t index) {
  while (items.size() <= index && source_next < source.size()) {
    const Value item = source[source_next++];
    if (!accepts || accepts(item)) items.push_back(item);
  }
  return index < items.size();
}

void Loop::fetch_all() {
  while (source_next < source.size()) has(items.size());
}

}  // namespace fp8bench::jinja
