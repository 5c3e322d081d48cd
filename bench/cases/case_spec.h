// A case as text: an operation and a value for each of its axes. What a line of bench/shapes/*.txt expands to, what the
// name of a row is made of, and what a repro command says.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fp8bench {

struct Axis {
  enum class Kind {
    kCount,   // a whole number in [low, high]
    kChoice,  // one of `choices`
    kSet      // any of `choices`, comma separated, together: not an axis of the cross product
  };
  std::string_view name;
  Kind kind = Kind::kCount;
  std::string_view standard;  // value where a line names none; empty: the line (or its shape=) must
  std::string_view choices;   // "uniform|zipf|recorded"
  int64_t low = 1, high = 1;
  std::string_view about;
};

struct CaseSpec {
  std::string op;
  std::string shape;  // "gemma-4-26b-a4b/sliding.q", or empty
  struct Value {
    std::string axis, text;
    bool implied = false;  // by the shape or as the standard: not part of text() and name()
  };
  std::vector<Value> values;  // one per axis of the operation, in its order
  std::string where;          // "bench/shapes/dense.txt:7" or "--shape", for messages

  int64_t count(std::string_view axis) const;
  const std::string& choice(std::string_view axis) const;
  bool has(std::string_view axis, std::string_view member) const;  // of a kSet
  // "op=gemm shape=gemma-4-26b-a4b/sliding.q tokens=8": parses back into the same case.
  std::string text() const;
  // "gemm/shape:gemma-4-26b-a4b:sliding.q/tokens:8": the path of its rows.
  std::string name() const;

 private:
  const Value& value(std::string_view axis) const;
};

// "a|b|c" or "a,b,c" cut at the separator.
std::vector<std::string> split_list(std::string_view text, char separator);

}  // namespace fp8bench
