#include "kernels/registry.h"

#include <filesystem>
#include <set>
#include <string>

#include "kernel_testing.h"
#include "tests/test_data.h"

namespace fp8bench {
namespace {

TEST_CASE("registry: names are unique and say operation and instruction set") {
  std::set<std::string_view> names;
  for (const KernelInfo& kernel : kernels()) {
    INFO(kernel.name);
    CHECK(names.insert(kernel.name).second);
    CHECK(kernel.name.starts_with(kernel.op));
    CHECK(kernel.name[kernel.op.size()] == '.');
    CHECK(kernel.name.ends_with(isa_name(kernel.isa)));
    CHECK(kernel.name[kernel.name.size() - isa_name(kernel.isa).size() - 1] == '_');
    CHECK(parse_dtype(kernel.dtype).has_value());
    CHECK_FALSE(kernel.summary.empty());
  }
  CHECK(names.count("gemm.bf16_f32_avx2") == 1);
}

TEST_CASE("registry: every operation's folder is listed in every instruction set, and has a test") {
  std::set<std::string> folders;
  for (const auto& entry : std::filesystem::directory_iterator(test::source_path("kernels"))) {
    // An operation is a folder with a reference; others hold devices and measurements.
    if (std::filesystem::exists(entry.path() / "ref.cc")) folders.insert(entry.path().filename().string());
  }
  std::set<std::string> listed;
  for (const KernelInfo& kernel : kernels()) listed.insert(std::string(kernel.op));
  CHECK(listed == folders);
  for (const std::string& op : listed) {
    INFO(op);
    for (const Isa isa : {Isa::kPortable, Isa::kAvx2, Isa::kAvx512}) {
      const auto same = [&](const KernelInfo& kernel) { return kernel.op == op && kernel.isa == isa; };
      CHECK(std::count_if(kernels().begin(), kernels().end(), same) >= 1);
    }
    CHECK(std::filesystem::exists(test::source_path("tests/kernels/" + op + "_test.cc")));
  }
}

TEST_CASE("isa: portable always works, names round trip, the unsupported is refused") {
  const test::KeepSettings keep;
  CHECK(supported_isas().front() == Isa::kPortable);
  for (const Isa isa : all_isas()) {
    if (isa_supported(isa)) {
      set_isa(isa);
      CHECK(active_isa() == isa);
    } else {
      CHECK_THROWS_AS(set_isa(isa), std::invalid_argument);
    }
  }
  CHECK(isa_name(Isa::kAvx512) == "avx512");
  CHECK(isa_name(Isa::kAvx512Bf16) == "avx512bf16");
  CHECK(isa_name(Isa::kAmx) == "amx");
}

TEST_CASE("isa: a set without canonical kernels runs those of avx512, and says so") {
  const test::KeepSettings keep;
  for (const Isa isa : all_isas()) CHECK(canonical_isa(isa) == std::min(isa, Isa::kAvx512));
  const std::vector<Isa> canonical = canonical_isas();
  CHECK(canonical.back() <= Isa::kAvx512);
  CHECK(canonical.size() == std::min<size_t>(supported_isas().size(), 3));
  for (const Isa isa : supported_isas()) {
    set_isa(isa);
    CHECK(isa_in_words() == (isa <= Isa::kAvx512 ? std::string(isa_name(isa))
                                                 : std::string(isa_name(isa)) + " (canonical kernels: avx512)"));
  }
}

}  // namespace
}  // namespace fp8bench
