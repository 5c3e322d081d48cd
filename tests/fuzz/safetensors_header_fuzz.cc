// Any bytes as a safetensors file: refused with InputError, or read; and what is read can be written and read again.
#include <cstdlib>
#include <string>

#include "harness/checkpoint/safetensors.h"
#include "harness/io/error.h"

namespace {

using namespace fp8bench;

void check(bool holds) {
  if (!holds) std::abort();
}

void round_trip(const SafetensorsHeader& header, size_t file_size) {
  std::vector<TensorInfo> tensors;
  int64_t data = 0;
  for (const SafetensorsEntry& entry : header.entries) {
    check(entry.begin == data && entry.info.bytes() == entry.end - entry.begin);
    data = entry.end;
    tensors.push_back(entry.info);
  }
  check(header.data_begin + data == static_cast<int64_t>(file_size));
  const SafetensorsLayout layout = plan_safetensors(tensors, header.metadata);
  const std::string again = layout.header_bytes + std::string(static_cast<size_t>(data), '\0');
  check(static_cast<int64_t>(again.size()) == layout.file_size);
  const SafetensorsHeader second = parse_safetensors(std::as_bytes(std::span(again.data(), again.size())), "again");
  check(second.entries.size() == header.entries.size() && second.metadata == header.metadata);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    round_trip(fp8bench::parse_safetensors(std::as_bytes(std::span(data, size)), "fuzz"), size);
  } catch (const fp8bench::InputError&) {
  }
  return 0;
}
