#include "datasets/eval/math_answer.h"

#include <catch2/catch.hpp>
#include <set>
#include <utility>

namespace fp8bench {
namespace {

// Which of these are the same answer was decided by lm-eval 0.4.13 (tasks/hendrycks_math/utils.py, is_equiv).
TEST_CASE("two answers are equivalent exactly when lm-eval says so") {
  const std::vector<std::string> texts = {R"_(\frac12)_",     R"_(\frac{1}{2})_",
                                          R"_(0.5)_",         R"_(.5)_",
                                          R"_(1/2)_",         R"_(\dfrac{1}{2})_",
                                          R"_(x=3)_",         R"_(3)_",
                                          R"_(\text{ cm}3)_", R"_(5\text{ cm})_",
                                          R"_(5)_",           R"_(12/x)_",
                                          R"_(+1/2)_",        R"_(1_0/2)_",
                                          R"_(01/2)_",        R"_( 1/2)_",
                                          R"_(-1/2)_",        R"_(\frac{-1}{2})_",
                                          R"_(\frac)_",       R"_(3\frac1)_",
                                          R"_(\fracé2)_",     R"_(\frac{é}{2})_",
                                          R"_(\sqrt)_",       R"_(\sqrt3)_",
                                          R"_(\sqrt{3})_",    R"_(90^\circ)_",
                                          R"_(90)_",          R"_(10\%)_",
                                          R"_(10)_",          R"_(a\text{ b}\text{ c})_",
                                          R"_(xyz=3)_",       R"_(\left(1, 2\right))_",
                                          R"_((1,2))_",       R"_()_",
                                          R"_(0)_",           R"_(-0/1)_",
                                          R"_(0/1)_",         R"_(\frac{0}{1})_",
                                          R"_(1/2/3)_",       R"_( .5)_",
                                          R"_(0.50)_",        R"_(\frac1{72})_",
                                          R"_(\$5)_",         R"_(\\frac12)_"};
  const std::set<std::pair<size_t, size_t>> equal = {
      {0, 1},   {0, 2},   {0, 3},   {0, 4},   {0, 5},   {0, 15},  {0, 39},  {0, 43},  {1, 2},   {1, 3},
      {1, 4},   {1, 5},   {1, 15},  {1, 39},  {1, 43},  {2, 3},   {2, 4},   {2, 5},   {2, 15},  {2, 39},
      {2, 43},  {3, 4},   {3, 5},   {3, 15},  {3, 39},  {3, 43},  {4, 5},   {4, 15},  {4, 39},  {4, 43},
      {5, 15},  {5, 39},  {5, 43},  {6, 7},   {8, 33},  {9, 10},  {9, 42},  {10, 42}, {15, 39}, {15, 43},
      {16, 17}, {20, 21}, {23, 24}, {25, 26}, {27, 28}, {31, 32}, {36, 37}, {39, 43}};
  for (size_t i = 0; i < texts.size(); ++i) {
    CHECK(math_equivalent(texts[i], texts[i]));
    for (size_t j = i + 1; j < texts.size(); ++j) {
      INFO(texts[i] << " and " << texts[j]);
      CHECK(math_equivalent(texts[i], texts[j]) == (equal.count({i, j}) > 0));
      CHECK(math_equivalent(texts[j], texts[i]) == (equal.count({i, j}) > 0));
    }
  }
}

TEST_CASE("the answer is what the last box holds") {
  CHECK(boxed_answer(R"(a \boxed{1} b \boxed{\frac{1}{2}} c)") == R"(\frac{1}{2})");
  CHECK(boxed_answer(R"(\boxed 7$ x)") == "7");
  CHECK(boxed_answer(R"(\boxed{a{b}} tail)") == "a{b}");
  CHECK(boxed_answer(R"(so $\boxed 3$ and \boxed{4})") == "3");  // the form with a space wins
  for (const char* none : {"\\fbox{3}", "none", "\\boxed{1", ""}) CHECK_FALSE(boxed_answer(none).has_value());
}

TEST_CASE("a generated answer is what stands between its outer dollar signs") {
  CHECK(answer_of_text("it is $3$ or $4$.") == "3$ or $4");
  CHECK(answer_of_text("$5") == "$5");
  CHECK(answer_of_text("5") == "5");
  CHECK(answer_of_text("$$").empty());
}

}  // namespace
}  // namespace fp8bench
