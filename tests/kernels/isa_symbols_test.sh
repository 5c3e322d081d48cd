#!/bin/sh
# Usage: isa_symbols_test.sh NM NAMESPACE OBJECT...
# Every symbol that an instruction set's objects define for the linker must lie in fp8bench::NAMESPACE. A weak one from
# elsewhere (an inline function of a shared header, a template) could be the copy that the linker keeps for all callers, and
# a processor without the set would then meet an instruction it does not know.
nm=$1 namespace=$2
shift 2
if [ ! -x "$nm" ]; then echo "SKIPPED: nm is not installed"; exit 0; fi
status=0 count=0
for object in "$@"; do
  # Sanitizers and exception tables add data of their own; it holds no code.
  leaks=$("$nm" -g --defined-only "$object" | grep -v -e "N8fp8bench${#namespace}${namespace}" -e ' __odr_asan' -e ' DW.ref' -e '^$' | grep ' [A-Za-z] ')
  own=$("$nm" -g --defined-only "$object" | grep -c "N8fp8bench${#namespace}${namespace}")
  count=$((count + own))
  if [ -n "$leaks" ]; then echo "$object: $leaks"; status=1; fi
done
# Without its own tables the check would pass for the wrong reason.
if [ "$count" -lt $# ]; then echo "expected a table in each of $# objects, found $count symbols"; status=1; fi
exit $status
