#include "datasets/eval/python_random.h"

#include <catch2/catch.hpp>

namespace fp8bench {
namespace {

using Indices = std::vector<size_t>;

// The expected values were printed by CPython 3.11.
TEST_CASE("random numbers are CPython's") {
  PythonRandom random(1234);
  CHECK(random.random() == 0.9664535356921388);
  CHECK(random.random() == 0.4407325991753527);
  CHECK(PythonRandom(0).random() == 0.8444218515250481);
  CHECK(PythonRandom(0x123456789abcdefULL).random() == 0.8966868918276133);
  PythonRandom below(7);
  CHECK(Indices{below.below(10), below.below(1), below.below(1000000), below.below(4294967296ULL),
                below.below(1099511627776ULL)} == Indices{5, 0, 414002, 2795742288, 208460025899});
  for (int i = 0; i < 2000; ++i) random.random();  // past the end of the state several times
  CHECK(random.random() == 0.7172334761829925);
}

TEST_CASE("samples, choices and shuffles are CPython's, from a small pool and from a large one") {
  PythonRandom random(1234);
  CHECK(random.sample(7473, 5) == Indices{6374, 3610, 957, 61, 742});
  CHECK(random.sample(21, 5) == Indices{18, 1, 2, 3, 11});
  CHECK(random.sample(22, 5) == Indices{7, 0, 11, 20, 19});
  CHECK(random.sample(85, 6) == Indices{61, 78, 59, 19, 11, 23});
  CHECK(random.sample(86, 6) == Indices{14, 1, 64, 62, 31, 8});
  CHECK(random.sample(300, 25) == Indices{277, 238, 35,  45,  263, 296, 23,  138, 284, 32,  154, 246, 181,
                                          136, 127, 102, 232, 271, 9,   260, 36,  2,   170, 73,  242});
  CHECK(random.sample(3, 3) == Indices{2, 1, 0});
  CHECK(random.choices(5153, 6) == Indices{279, 3027, 845, 2871, 743, 4829});
  CHECK(random.shuffled(12) == Indices{10, 11, 5, 6, 9, 3, 0, 7, 4, 2, 8, 1});
}

}  // namespace
}  // namespace fp8bench
