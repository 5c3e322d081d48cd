// Arithmetic, comparison and access, as Python does them.
#pragma once
#include <string>

#include "harness/text/jinja/ast.h"
#include "harness/text/jinja/machine.h"
#include "harness/text/jinja/value.h"

namespace fp8bench::jinja {

Value binary(Machine& machine, Operator operation, const Value& left, const Value& right);  // + - * / // % **
bool compared_by(Machine& machine, Operator operation, const Value& left, const Value& right);
Value negate(const Value& value);
Value plus(const Value& value);
Value concatenate(Machine& machine, const Items& parts);  // ~
Items items_of(Machine& machine, const Value& value);     // iterate(), paid for

// value.name: an attribute or method of the Python type first, then a key. Undefined when there is neither.
Value attribute(Machine& machine, const Value& value, const std::string& name);
// value[index]: a key or place first, then an attribute. Undefined when there is neither.
Value item(Machine& machine, const Value& value, const Value& index);
// value[start:stop:step]; any of them may be None.
Value slice(Machine& machine, const Value& value, const Value& start, const Value& stop, const Value& step);

Value make_range(int64_t start, int64_t stop, int64_t step);  // at most 100,000 items, as the sandbox allows

// `format % values`: the conversions %s %r %d %i %f %x %c with flags, width and precision.
std::string format_percent(Machine& machine, const std::string& format, const Value& values);

// An argument that must be a whole number, or text; `what` names it in the message.
int64_t require_int(const Value& value, const char* what);
const std::string& require_text(const Value& value, const char* what);

}  // namespace fp8bench::jinja
