// A machine made of files: what is there is read, what is not is "n/a".
#include "harness/measure/host.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/house/source_tree.h"

using namespace fp8bench;

namespace {

struct FakeMachine {
  test::TemporaryFolder folder;
  const std::filesystem::path& root() const { return folder.path(); }
  void file(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = folder.path() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
};

}  // namespace

TEST_CASE("the state of a host is read where the system shows it") {
  const FakeMachine machine;
  machine.file("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
  machine.file("sys/devices/system/cpu/intel_pstate/no_turbo", "1\n");
  machine.file("sys/devices/system/cpu/cpu0/topology/thread_siblings_list", "0,32\n");
  machine.file("sys/devices/system/node/online", "0-1\n");
  machine.file("proc/loadavg", "3.25 2.00 1.00 1/100 1234\n");
  machine.file("proc/cpuinfo", "processor : 0\nflags : fpu avx2 hypervisor\n");
  machine.file("sys/class/dmi/id/sys_vendor", "QEMU\n");
  const HostState state = read_host_state(machine.root());
  CHECK(state.governor == "performance");
  CHECK(state.turbo == "off");
  CHECK(state.smt == "2");
  CHECK(state.numa_nodes == "2");
  CHECK(state.load_average == "3.25");
  CHECK(state.virtualization == "virtual machine (QEMU)");
}

TEST_CASE("a bare machine with a boost switch") {
  const FakeMachine machine;
  machine.file("sys/devices/system/cpu/cpufreq/boost", "1\n");
  machine.file("proc/cpuinfo", "flags : fpu hypervisor_like avx2\n");
  const HostState state = read_host_state(machine.root());
  CHECK(state.turbo == "on");
  CHECK(state.virtualization == "none");
}

TEST_CASE("what a host hides is not available, never guessed") {
  const FakeMachine machine;
  machine.file("sys/devices/system/node/online", "nonsense\n");
  const HostState state = read_host_state(machine.root());
  for (const std::string& field :
       {state.governor, state.turbo, state.smt, state.numa_nodes, state.load_average, state.virtualization})
    CHECK(field == "n/a");
  CHECK_FALSE(read_processor_times(machine.root()));
  CHECK(read_data_cache(3, machine.root()).bytes == 0);
}

TEST_CASE("stolen time is a share of all time between two readings") {
  const FakeMachine machine;
  machine.file("proc/stat", "cpu  100 0 50 800 10 0 5 35 0 0\ncpu0 1 2 3\n");
  const auto before = read_processor_times(machine.root());
  REQUIRE(before);
  CHECK(before->steal == 35);
  CHECK(before->total == 1000);
  machine.file("proc/stat", "cpu  150 0 60 820 10 0 5 55 9 9\n");
  const auto after = read_processor_times(machine.root());
  REQUIRE(steal_share(before, after));
  CHECK(*steal_share(before, after) == Approx(0.2));
  CHECK_FALSE(steal_share(after, before));
  CHECK_FALSE(steal_share(before, before));
  CHECK_FALSE(steal_share(std::nullopt, after));
  machine.file("proc/stat", "cpu  150 0 60\n");
  CHECK_FALSE(read_processor_times(machine.root()));
}

TEST_CASE("a level's data cache and who shares it") {
  const FakeMachine machine;
  const std::string cache = "sys/devices/system/cpu/cpu0/cache/";
  machine.file(cache + "index0/level", "1\n");
  machine.file(cache + "index0/type", "Instruction\n");
  machine.file(cache + "index0/size", "64K\n");
  machine.file(cache + "index1/level", "1\n");
  machine.file(cache + "index1/type", "Data\n");
  machine.file(cache + "index1/size", "32K\n");
  machine.file(cache + "index1/shared_cpu_list", "0,16\n");
  machine.file(cache + "index2/level", "3\n");
  machine.file(cache + "index2/type", "Unified\n");
  machine.file(cache + "index2/size", "96M\n");
  machine.file(cache + "index2/shared_cpu_list", "0-7,16-23\n");
  CHECK(read_data_cache(1, machine.root()).bytes == 32 << 10);
  CHECK(read_data_cache(1, machine.root()).processors == 2);
  CHECK(read_data_cache(3, machine.root()).bytes == 96 << 20);
  CHECK(read_data_cache(3, machine.root()).processors == 16);
  CHECK(read_data_cache(2, machine.root()).bytes == 0);
}
