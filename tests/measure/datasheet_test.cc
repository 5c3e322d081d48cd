#include "harness/measure/datasheet.h"

#include <catch2/catch.hpp>

using namespace fp8bench;

TEST_CASE("a driver's name finds its datasheet, and a sibling's does not") {
  const auto device = [](const char* name) {
    const Datasheet* sheet = find_datasheet(name);
    return sheet == nullptr ? std::string() : std::string(sheet->device);
  };
  CHECK(device("NVIDIA L40S") == "L40S");
  CHECK(device("NVIDIA L40") == "L40");
  CHECK(device("NVIDIA L4") == "");
  CHECK(device("NVIDIA H100 80GB HBM3") == "H100 SXM");
  CHECK(device("NVIDIA H100 PCIe") == "H100 PCIe");
  CHECK(device("NVIDIA H100 NVL") == "");
  CHECK(device("NVIDIA H100 80GB HBM3 MIG 1g.10gb") == "");  // a slice has a slice's peaks
  CHECK(device("NVIDIA H200") == "H200");
  CHECK(device("NVIDIA GeForce RTX 4090") == "RTX 4090");
  CHECK(device("NVIDIA GeForce RTX 4090 D") == "");
  CHECK(device("NVIDIA GeForce RTX 4090 Laptop GPU") == "");
  CHECK(device("NVIDIA RTX PRO 6000 Blackwell Server Edition") == "RTX PRO 6000");
  CHECK(device("AMD EPYC") == "");
}

TEST_CASE("every datasheet has figures and a source, and sparse is twice dense where both are known") {
  for (const Datasheet& sheet : datasheets()) {
    INFO(sheet.device);
    CHECK_FALSE(sheet.source.empty());
    CHECK(sheet.memory_gb_s > 0.0);
    CHECK(sheet.fp8_tflop_s > 0.0);
    CHECK(sheet.fp8_tflop_s / sheet.bf16_tflop_s == Approx(2.0).epsilon(0.02));
    if (sheet.fp8_sparse_tflop_s > 0.0) CHECK(sheet.fp8_sparse_tflop_s == Approx(2 * sheet.fp8_tflop_s));
  }
}

TEST_CASE("dense and sparse shares stand side by side") {
  CHECK(share_of_datasheet(366.5, 733.0, 1466.0) == "50.0 % dense, 25.0 % sparse");
  CHECK(share_of_datasheet(500.0, 1000.0, 0.0) == "50.0 % dense");
  CHECK(share_of_datasheet(500.0, 0.0, 1000.0) == "50.0 % sparse");
  CHECK(share_of_datasheet(500.0, 0.0, 0.0) == "n/a");
}

TEST_CASE("a theoretical peak needs a known rate and a known clock") {
  REQUIRE(theoretical_gflop_s("bf16.amx", 2.6, 1));
  CHECK(*theoretical_gflop_s("bf16.amx", 2.6, 2) == Approx(5324.8));
  CHECK_FALSE(theoretical_gflop_s("bf16.amx", 0.0, 1));
  CHECK_FALSE(theoretical_gflop_s("fma.unknown", 2.6, 1));
}
