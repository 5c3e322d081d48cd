#!/usr/bin/env python3
"""Renders small templates with the real Jinja2, set up as transformers sets it up, into goldens.jsonl.

usage: python make_goldens.py > goldens.jsonl          (pip install jinja2==3.1.6)

The first line says the versions; every other line is {"template", "variables"?, "expected"} or {..., "error"} where
error is the class of the exception: the interpreter must fail there too. "stricter" marks what Jinja renders and the
interpreter refuses. The environment is that of
transformers/utils/chat_template_utils.py, _cached_compile_jinja_template (compared with version 5.17.0).
"""
import json
import sys
from importlib.metadata import version

import jinja2
import jinja2.ext
from jinja2.ext import Extension
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(Extension):
    tags = {"generation"}

    def parse(self, parser):
        lineno = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_support"), [], [], body).set_lineno(lineno)

    @jinja2.pass_eval_context
    def _support(self, context, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


ENV = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
ENV.filters["tojson"] = tojson
ENV.globals["raise_exception"] = raise_exception

VARIABLES = {
    "n": 3, "f": 2.5, "t": True, "no": None, "s": "Hello World", "e": "", "u": "Grüße \u4e16\u754c \U0001f600 \u00df\u00e9",
    "l": [3, 1, 2], "w": ["b", "A", "c", "a"], "d": {"b": 1, "A": 2, "c": {"x": [1, 2.0, None, True]}},
    "msgs": [{"role": "system", "content": " be good "}, {"role": "user", "content": "hi"},
             {"role": "assistant", "content": "yo", "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": {"q": "a\"b", "n": 1}}}]},
             {"role": "tool", "content": "42"}],
    "people": [{"name": "Bo", "age": 30, "pet": {"kind": "cat"}}, {"name": "al", "age": 25}, {"name": "Cy", "age": 30}],
    "items": {"items": 1, "keys": 2, "get": 3}, "big": 9007199254740993, "ws": " \t x y\u00a0\n", "bs": "a\\b'c\"d\n\x01\u200b",
}

EXPRESSIONS = r"""
1 + 2 * 3
7 // 2, -7 // 2, 7 % 3, -7 % 3, 7 / 2, 2 ** 10, 2 ** -1, 2 ** 3 ** 2
-2 ** 2
7.5 // 2, -7.5 % 2, 1e3, 1.5e-7, 1e16, 123456789012345680.0, 0.1 + 0.2, 1e22, 5e-324
1 / 0
1 % 0
1.0 // 0
1_000, 0x1F, 0b101, 0o17, 1_0.5
"a" + "b", "ab" * 3, 3 * "x", [1] * 2, [1] + [2], (1,) + (2,), "ab" * -1
"a" + 1
1 + "a"
[1] + (2,)
"a" ~ 1 ~ none ~ true ~ 1.0 ~ [1, "x"] ~ {"k": none} ~ (1,) ~ ()
true + 1, true * 2.5, not 0, -true
undefined_name
undefined_name + 1
undefined_name.attr
undefined_name["x"]
undefined_name()
undefined_name == undefined_name, undefined_name == 1, undefined_name != none
undefined_name < 1
undefined_name in [1], 1 in undefined_name
d.missing, d["missing"], d.missing is defined
d.missing.more
none.x
none.x.y
n.foo, n["foo"], n[0]
s.nothing
1 < 2 < 3, 1 < 3 < 2, 1 == 1.0, 1 == true, "a" < "b", [1, 2] < [1, 3], (1, 2) == (1, 2), (1,) == [1]
1 < "a"
none < 1
none == none, none is none, none != 0
big == 9007199254740992.0, big > 9007199254740992.0, big
1 in [1, 2], "a" in "abc", "" in "", "A" in d, 1 not in [1], "x" in none
"x" in 5
1 in "a"
[] in d
"H" in s and "W" in s or false
0 or "", 0 or "x", 1 and 2, "" and 1, none or [] or "z"
1 if t else 2, 1 if no else 2, (1 if no)
"a" if no else "b" if no else "c"
not t is true, t is not true, no is not none
n is number, f is float, n is integer, t is boolean, t is integer, s is string, l is sequence, d is sequence, d is mapping, l is mapping, s is sequence, n is sequence
l is iterable, n is iterable, s is iterable, undefined_name is iterable, undefined_name is sequence, d.items() is sequence, d.items() is iterable, range(3) is sequence
n is odd, n is even, n is divisibleby 3, n is divisibleby(2), 2.0 is even
"a" is odd
s is lower, s is upper, "abc" is lower, "ABC" is upper, "" is lower, "1" is upper, 5 is lower
n is eq 3, n is equalto(3), n is ne 3, n is gt 2, n is ge(3), n is lt 2, n is le 3, n is in [1, 3], n is in(l), n is greaterthan 1, n is lessthan 9
t is true, t is false, 1 is true, 0 is false, none is none
t is sameas true, 1 is sameas true, none is sameas none
undefined_name is undefined, undefined_name is defined, n is defined, d.zz is undefined
range is callable, n is callable, s.upper is callable, undefined_name is callable
"upper" is filter, "nope" is filter, "odd" is test, "nope" is test
n is nosuchtest
n | nosuchfilter
s[0], s[-1], s[0:5], s[::-1], s[6:], s[:-6], s[::2], s[-3:-1], s[10:2], s[99:], s[99]
u[0], u[-1], u[6:8], u[::-1], u | length, u[2:4] | upper
l[0], l[-1], l[1:], l[::-1], l[:2], l[::-2], l[5:], l[9], l[none:2], l[-2:]
l["x"], l[1.0], l[none]
l[::0]
(1, 2, 3)[1:], (1, 2, 3)[::-1], ((1, 2), 3)[0][1]
range(5), range(1, 7, 2), range(5, 0, -2) | list, range(0) | list, range(3)[1], range(10)[2:5], range(10)[::-1] | list, range(4) | length
range(100001)
range(1, 2, 0)
range("a")
range(3).start, range(3).stop, range(3).step
d.b, d["b"], d.c.x[0], d["c"]["x"][1], d.get("b"), d.get("z"), d.get("z", 9), d.c.get("x")[3]
d.items() | list, d.keys() | list, d.values() | list, d | list, d | length, d.items() | length, d.keys()
d.keys(), d.items(), d.values()
items.items() | list, items["items"], items.get("get"), items["get"]
d.update({"x": 1})
d.pop("b")
l.append(1)
l.append is defined, d.update is defined
l.index(1), l.count(3), (1, 2, 1).count(1)
l.index(99)
s.upper(), s.lower(), s.title(), s.capitalize()
s.split(), s.split("o"), s.split("o", 1), s.rsplit("o", 1), s.split(maxsplit=1), "a,b,,c".split(","), " a  b ".split(), "".split(), "".split(","), " a b c ".split(none, 1), " a b c ".rsplit(none, 1)
s.split("")
s.startswith("He"), s.endswith("ld"), s.startswith(("x", "H")), s.endswith(("x",)), s.startswith("lo", 3), s.startswith("lo", 3, 4), s.startswith("", 99)
s.startswith(1)
s.strip("Hd"), ws.strip(), ws.lstrip(), ws.rstrip(), "xxaxx".strip("x"), "abcba".lstrip("ab"), "abcba".rstrip("ab")
s.replace("o", "0"), s.replace("o", "0", 1), s.replace("", "-"), "aaa".replace("aa", "b"), s.replace("zz", "y")
s.find("o"), s.rfind("o"), s.find("zz"), s.count("o"), s.index("o"), s.find("o", 5), s.count("o", 5, 7), u.find("\u4e16"), s.count(""), s.find("")
s.index("zz")
s.removeprefix("Hello"), s.removesuffix("World"), s.removeprefix("x")
", ".join(w), "-".join("abc"), "".join([])
", ".join(l)
"a\nb\r\nc\n".splitlines(), "a\nb".splitlines(true), "".splitlines()
"12".isdigit(), "1a".isdigit(), "ab".isalpha(), "a1".isalnum(), " \t".isspace(), "".isdigit(), "AB".isupper(), "ab1".islower(), "\u00b2".isdigit(), "\u0663".isdigit()
u | upper, u | lower, u | capitalize, u.upper(), "\u03a3\u03a3" | lower, "\u0130" | lower, "\u01c6" | upper
s | upper, s | lower, s | capitalize, "hello wORLD foo-bar (baz)" | title, "o'neil x" | title, "they're".title()
n | upper, none | upper, undefined_name | upper, 1.5 | string, true | string | length
ws | trim, "xxaxx" | trim("x"), 5 | trim, s | trim("Hd")
s | replace("o", "0"), s | replace("o", "0", 1), 123 | replace(2, "x"), "aXbX" | replace("X", 1)
s | length, l | length, d | count, "" | length
5 | length
l | first, l | last, "" | first, [] | last, s | first, s | last, d | first, d | last
l | sort, w | sort, w | sort(case_sensitive=true), l | sort(reverse=true), w | sort(true), people | sort(attribute="age") | map(attribute="name") | list, people | sort(attribute="age,name") | map(attribute="name") | list, people | sort(attribute="name", reverse=true) | map(attribute="name") | join(",")
[1, "a"] | sort
l | reverse | list, s | reverse, (1, 2) | reverse | list
l | join, l | join(", "), w | join("-"), people | join("|", attribute="name"), [1, none, true, 2.0] | join(" "), s | join("."), undefined_name | join("x")
l | sum, l | sum(start=10), people | sum(attribute="age"), [] | sum, [1.5, 2] | sum, [[1], [2]] | sum(start=[])
["a"] | sum
l | min, l | max, w | min, w | max, [] | max, people | max(attribute="age"), w | max(case_sensitive=true)
[1, 1, 2, "a", "A"] | unique | list, ["a", "A"] | unique(case_sensitive=true) | list, people | unique(attribute="age") | map(attribute="name") | list
[[1]] | unique | list
l | map("string") | list, w | map("upper") | join, people | map(attribute="name") | list, people | map(attribute="pet.kind") | list, people | map(attribute="pet.kind", default="none") | list, [[1, 2], [3]] | map("first") | list, [" a ", "b"] | map("trim") | list, ["a"] | map("replace", "a", "b") | list, [[1, 2], [3, 4]] | map(attribute=1) | list, [[1, 2], [3, 4]] | map(attribute="0") | list
people | map(attribute="pet.kind.more") | list
l | map | list
l | map("nosuch") | list
l | select("odd") | list, l | reject("odd") | list, [0, 1, "", "x", none] | select | list, l | select("gt", 1) | list, l | select("divisibleby", 3) | list, [1, none, 2] | reject("none") | list, l | select("in", [1, 2]) | list
people | selectattr("age", "equalto", 30) | map(attribute="name") | list, people | rejectattr("age", "eq", 30) | list | length, people | selectattr("pet") | list | length, people | selectattr("pet", "defined") | list | length, msgs | selectattr("role", "in", ["user", "tool"]) | map(attribute="content") | join(","), msgs | rejectattr("tool_calls", "defined") | list | length, people | selectattr("pet.kind", "eq", "cat") | list | length
people | selectattr("pet.kind.x") | list
l | selectattr | list
l | select("nosuch") | list
d | dictsort, d | dictsort(true), d | dictsort(reverse=true), {"x": 2, "y": 1} | dictsort(by="value"), {"b": 1, "B": 2, "a": 3} | dictsort, {} | dictsort
l | dictsort
{"a": 1, 2: 3} | dictsort
d | items | list, undefined_name | items | list
l | items | list
d | tojson, l | tojson, s | tojson, u | tojson, none | tojson, true | tojson, 1.0 | tojson, bs | tojson, (1, 2) | tojson, {1: 2, none: 3, true: 4, 2.5: 1} | tojson, [] | tojson, {} | tojson, 1e100 | tojson, "</script>&'" | tojson
d | tojson(indent=2), d | tojson(indent=0), [] | tojson(indent=2), {"a": [], "b": {}} | tojson(indent=4), l | tojson(indent="--"), u | tojson(true), u | tojson(ensure_ascii=true), d | tojson(separators=(",", ":")), {"b": 1, "a": 2} | tojson(sort_keys=true), d | tojson(2), "\x7f" | tojson(true)
undefined_name | tojson
d.items() | tojson
[undefined_name] | tojson
range | tojson
undefined_name | default("x"), none | default("x"), none | default("x", true), "" | d("x", boolean=true), undefined_name | default, 0 | default(5), d.zz | default([]) | length
"42" | int, "42.9" | int, "x" | int, "x" | int(7), "x" | int(default=8), "0x1f" | int(base=16), "1f" | int(base=16), 3.9 | int, -3.9 | int, true | int, " 12 " | int, "1_000" | int, none | int, "" | int, [] | int, "-5" | int, "+5" | int, "1e3" | int, "0b11" | int(base=2), "012" | int
undefined_name | int
"1.5" | float, "x" | float, "x" | float(2.5), 3 | float, "1e3" | float, "inf" | float, " 1 " | float, none | float, ".5" | float, "1_0" | float, "nan" | float
42.55 | round, 42.55 | round(1, "floor"), 42.54 | round(1, "ceil"), 2.5 | round, 3.5 | round, 7 | round, 2.675 | round(2), 1.005 | round(2), -2.5 | round
1 | round(1, "up")
-5 | abs, 5.5 | abs, true | abs
"a" | abs
"a\nb\n\nc" | indent, "a\nb" | indent(2), "a\nb" | indent(2, true), "a\n\nb" | indent(2, blank=true), "a\nb" | indent("> "), "a\nb" | indent(width=1, first=true), "" | indent
5 | indent
"%s is %d (%.2f) %r %5d|%-5d|%05d %x %%" | format("a", 3, 2.5, "q", 7, 7, 7, 255), "%s" % "x", "%s-%s" % (1, 2), "%d" % 3.7, "no" % [], "%s" % none, "%s" % (undefined_name,)
"%s %s" % (1,)
"%s" % (1, 2)
"%d" % "x"
"%q" % 1
"foo bar baz qux" | truncate(9), "foo bar baz qux" | truncate(9, true), "foo bar baz qux" | truncate(11), "foo bar baz qux" | truncate(11, false, "..", 0), s | truncate
"a" | center(5) | string, "ab" | center(5), "abc" | center(2), "a" | center(4)
"Hello big world" | wordcount, "" | wordcount, "a-b c_d" | wordcount
[1, 2, 3, 4, 5] | batch(2) | list, [1, 2, 3, 4, 5] | batch(2, "x") | list, [1, 2, 3, 4, 5] | slice(3) | list, [1, 2, 3, 4, 5] | slice(3, "x") | list
"<a>&'\"" | e, "<a>" | escape, "<a>" | safe, ("<a>" | e) | e, ("<a>" | e) | forceescape
("<a>" | safe) + "<b>", "<b>" + ("<a>" | safe), ("<a>" | safe) ~ "<b>" ~ 1, ["<c>"] ~ ("<a>" | safe)
("<a>" | safe) | upper, ("<a>" | safe).strip("<"), ("<a>" | safe)[0:1] ~ "&"
d | attr("b"), d | attr("nope")
[d | attr("get")] | length
undefined_name | length, undefined_name | list, undefined_name | first, undefined_name | last, undefined_name | sort, undefined_name | trim, undefined_name | string, undefined_name | map("upper") | list, undefined_name | select | list, undefined_name | unique | list, undefined_name | sum, undefined_name | replace("a", "b"), undefined_name | batch(2) | list
undefined_name | dictsort
undefined_name | abs
undefined_name | round
undefined_name | float
[1, "a", none, true, 2.0, {"k": "v"}, (1,), undefined_name, "it's", "q\"", "b'\"", "\u00e9\n\t\\\x01\u200b"]
{"a": [1, {"b": ()}], 1: "x", none: 2, (1, 2): 3}
{"a": 1, "a": 2}, {1: "a", 1.0: "b", true: "c"}, {"x": 1}.x
{[]: 1}
bs, [bs]
1.0, 100.0, 1e15, 1e16, 1.5e300, 0.0001, 0.00001, -0.0, 3.14159
[1.0, -0.0]
'a' 'b' "c", 'it''s'
"\n" ~ "\x41\u00e9\U0001F600\101\q\'\"\\" ~ '\
x'
"\u12"
"\N{DASH}" == "x" or raise_exception("n")
dict(a=1, b=[2]), dict({"x": 1}, y=2), dict([("a", 1)])
namespace(a=1).a, namespace({"a": 2}).a, namespace().zz
raise_exception("stop")
raise_exception("unused") if no else "fine"
1(2)
s.upper(1)
s.nothing()
s | upper(1)
s | trim(chars="H", x=1)
s | default(1, 2, 3)
n is divisibleby
l | join(d=",", attribute=none)
s | length | string | length
(1, 2, 3) | length, () | length, (1,) | first
s.__class__
l.__len__
d.__len__ is defined
loop
caller
a b
1 +
(1
[1, 2
{"a" 1}
1 ++ 2, 1 - -2, +-+1
[1, 2,], (1,), {"a": 1,}
not
x.
x | 
x is
"abc
1 . 5
d.c.x.0, l.1, l.0 + 1
[[1, 2], [3, 4]].1.0
"a" is string and 5 is number
5 is not string, not 5 is string
5 is divisibleby 2 or true
s is string is true
l | length > 2, l | length + 1, -l | length
-5 | abs
-1.5 | abs, (-1.5) | abs
n | string + "x"
"a" if t else "b" ~ "c"
*l
d.get(*["b"]), d.get(*["z", 5]), dict(**{"q": 1})
dict(**5)
d.get(**{"key": "b"})
d.get(key="b")
true, True, false, False, none, None
"x" in ["x"] == true
[1, 2] == [1, 2.0], {"a": 1} == {"a": 1.0}, {"a": 1, "b": 2} == {"b": 2, "a": 1}
(1, "a") < (1, 1)
t and l.pop
people[0].pet.kind, people[1].pet, people[1].pet is defined, people[-1]["name"]
msgs[-1].role, msgs[1:] | length, msgs[2].tool_calls[0].function.arguments | tojson, msgs[2]["tool_calls"][0]["function"]["arguments"]
msgs | map(attribute="role") | join(" "), msgs | selectattr("role", "equalto", "user") | first | attr("x")
(msgs | selectattr("role", "equalto", "user") | first).content, (msgs | map(attribute="content") | list)[0] | trim
""".strip("\n")

STATEMENTS = [
    # whitespace control
    "a\n{% if t %}\nb\n{% endif %}\nc\n", "a\n  {% if t %}\n  b\n  {% endif %}\nc", "a {% if t %} b {% endif %} c", "a\n\n  {%- if t -%}  \n b {%- endif -%} \n c",
    "a\n  {%+ if t %}\nb{% endif +%}\nc", "x {{- 1 -}} y", "x \n {{ 1 }} \n y", "  {{ 1 }}\n", "{{ 1 }}\n\n", "\n{{ 1 }}", "a\r\nb\r{{ 1 }}\r\n",
    "  {# c #}\n  x", "a {#- c -#} b", "a\n{# c #}\nb", "{#  {{ x }} {% if %} #}y", "{# a", "a {# b #}{# c +#}\n d", "{{ 1 }} {#- x #}\n z",
    "{% raw %}{{ x }} {% if %}{% endraw %}!", "a {%- raw -%} {{ x }} {%- endraw -%} b", "{% raw %}\n x\n{% endraw %}\ny", "{% raw %} x", "  {% raw %} a {% endraw %}  ", "{%raw%}{%x{%endraw%}",
    "{{ '}}' }}", "{{ {'a': {'b': 1}}['a']['b'] }}", "{{ {'a': {'b': 1}}}}", "{% set x = '%}' %}{{ x }}", "{{ 1 }", "{{ 1", "{% if t", "{{ }}", "{% %}", "{%  %}", "}} %} #}", "{", "{ {", "a{b}c{", "{{{1:2}}}", "{{ [1}} ", "{{ (1] }}",
    "\t{% set x = 1 %}\t\n{{ x }}", "a{% set x = 1 %}\nb", "{% set x = 1 %}\n\nb", "x\n   {% set a = 1 %}{% set b = 2 %}\ny", "x{% if t %}\n  {% if t %}\n z{% endif %}{% endif %}", " {% if t %} {% endif %} ",
    "\u00a0{%- if t %}x{% endif %}", "a\u2003{{- 1 }}", "   {%- set x = 1 -%}   {{ x }}", "{% if t -%}\n\n\n  q\n\n{%- endif %}", "a\n    {{- 1 }}\nb",
    # set
    "{% set x = 1 %}{{ x }}", "{% set x, y = 1, 2 %}{{ x }}{{ y }}", "{% set (x, y) = [1, 2] %}{{ x }}{{ y }}", "{% set x, y = [1] %}", "{% set x = 1, 2 %}{{ x }}", "{% set x = 1, %}{{ x }}", "{% set x %}a{{ n }}b{% endset %}[{{ x }}]{{ x is string }}",
    "{% set x | upper %}abc{% endset %}{{ x }}", "{% set x | replace('a', 'b') | upper %}aac{% endset %}{{ x }}", "{% set x %}{% set y = 1 %}{{ y }}{% endset %}{{ x }}{{ y is defined }}", "{% set n = n + 1 %}{{ n }}", "{% set none = 1 %}", "{% set true = 1 %}", "{% set x.y = 1 %}", "{% set d.b = 1 %}",
    "{% set ns = namespace(a=1) %}{% set ns.a = 2 %}{% set ns.b = 3 %}{{ ns.a }}{{ ns.b }}{{ ns['a'] }}{{ ns.c is defined }}", "{% set ns = namespace() %}{% set ns.x, y = 1, 2 %}{{ ns.x }}{{ y }}", "{% set x %}", "{% set %}", "{% set 1 = 2 %}", "{% set x = %}", "{% set x 1 %}",
    "{% set ns = namespace(l=[]) %}{% for i in l %}{% set ns.l = ns.l + [i * 2] %}{% endfor %}{{ ns.l }}", "{% set ns = namespace(t='') %}{% set ns.t %}abc{% endset %}{{ ns.t }}",
    # if
    "{% if n == 3 %}a{% elif n == 4 %}b{% else %}c{% endif %}", "{% if n == 2 %}a{% elif n == 3 %}b{% else %}c{% endif %}", "{% if n == 2 %}a{% elif n == 4 %}b{% else %}c{% endif %}", "{% if e %}a{% endif %}b", "{% if t %}{% set q = 1 %}{% endif %}{{ q }}", "{% if no %}{% set q = 1 %}{% endif %}{{ q }}!{{ q is defined }}", "{% if t: %}x{% endif %}", "{% if %}x{% endif %}", "{% if t %}x", "{% if t %}x{% endfor %}", "{% else %}", "{% endif %}", "{% if 1 if t else 0 %}x{% endif %}", "{% if undefined_name %}a{% else %}b{% endif %}", "{% if undefined_name.x %}a{% endif %}",
    # for
    "{% for x in l %}{{ x }},{% endfor %}", "{% for x in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.depth }}{{ loop.depth0 }};{% endfor %}", "{% for x in l %}{{ loop.previtem }}<{{ x }}>{{ loop.nextitem }};{% endfor %}", "{% for x in [] %}a{% else %}b{% endfor %}", "{% for x in l %}a{% else %}b{% endfor %}", "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}", "{% for k in d %}{{ k }}{% endfor %}", "{% for k, v in d | dictsort %}{{ k }}{% endfor %}", "{% for k, v in d | items %}{{ k }}{% endfor %}", "{% for c in u %}[{{ c }}]{% endfor %}", "{% for x in undefined_name %}a{% else %}b{% endfor %}", "{% for x in 5 %}{% endfor %}", "{% for x in none %}{% endfor %}", "{% for a, b in [[1, 2], [3, 4]] %}{{ a }}{{ b }}{% endfor %}", "{% for a, b in [[1, 2, 3]] %}{% endfor %}", "{% for a, (b, c) in [[1, [2, 3]]] %}{{ a }}{{ b }}{{ c }}{% endfor %}", "{% for x in range(3) %}{{ x }}{% endfor %}", "{% for x in l if x > 1 %}{{ loop.index }}/{{ loop.length }}:{{ x }}{{ loop.last }} {% endfor %}", "{% for x in l if x > 9 %}a{% else %}b{% endfor %}", "{% for x in l %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% endfor %}", "{% for x in l %}{% if x == 1 %}{% break %}{% endif %}{{ x }}{% else %}none{% endfor %}", "{% break %}", "{% for x in l %}{% set y = x %}{% endfor %}{{ y is defined }}", "{% set y = 0 %}{% for x in l %}{% set y = y + x %}{{ y }}{% endfor %}{{ y }}", "{% for x in l %}{{ loop.cycle('a', 'b') }}{% endfor %}", "{% for x in [1, 1, 2] %}{{ loop.changed(x) }}{% endfor %}", "{% for x in l %}{% for y in w %}{{ loop.index }}{% endfor %}{{ loop.index }};{% endfor %}", "{% for x in l %}{{ x }}{% endfor %}{{ x }}{{ loop }}", "{% for x in [[1, [2]], [3]] recursive %}{% if x is iterable %}({{ loop(x) }}){% else %}{{ x }}@{{ loop.depth }}{% endif %}{% endfor %}", "{% for x in l %}{{ loop(l) }}{% endfor %}", "{% for loop in l %}{% endfor %}", "{% for true in l %}{% endfor %}", "{% for x in l %}{{ loop.nothing }}.{% endfor %}", "{% for x in l %}{{ loop.nothing.more }}{% endfor %}", "{% for x l %}{% endfor %}", "{% for x in l %}", "{% for x in %}{% endfor %}", "{% for x in l %}{{ loop.cycle() }}{% endfor %}", "{% for x in l %}{% set n = x %}{% endfor %}{{ n }}", "{% for n in l %}{{ n }}{% endfor %}{{ n }}", "{% for x in l, w %}{{ x }}{% endfor %}", "{% for i in range(2) %}{% if i == 1 %}{{ q }}{% endif %}{% set q = i %}{% endfor %}", "{% set ns = namespace(f=false) %}{% for x in l if not ns.f %}{% set ns.f = true %}{{ x }}{% endfor %}", "{% for x in l %}{{ loop.length }}{% break %}{% endfor %}", "{% for x in l if loop.index %}{% endfor %}", "{% set g = l | map('string') %}{{ g | first }}{{ g | list }}{{ g | list }}", "{% set g = l | select('odd') %}{{ g is iterable }}{{ g is sequence }}{% for x in g %}{{ x }}{% endfor %}{% for x in g %}{{ x }}{% endfor %}", "{% set g = l | map('string') %}{{ g | length }}", "{% set g = l | map('string') %}{{ g[0] }}|", "{% set g = l | map('string') %}{{ g | last }}", "{% if [] | map('upper') %}t{% else %}f{% endif %}", "{% for m in msgs %}{{ m.role }}{% if not loop.last %},{% endif %}{% endfor %}", "{% for m in msgs[1:] %}{{ m['content'] }}{% endfor %}", "{% for m in msgs | reverse %}{{ loop.index }}{{ m.role }}{{ loop.last }}{% endfor %}", "{%- for x in l -%}\n {{ x }}\n{%- endfor %}",
    # macros
    "{% macro m(a, b=2) %}{{ a }}-{{ b }}{% endmacro %}{{ m(1) }}|{{ m(1, 3) }}|{{ m(a=5) }}|{{ m(b=1, a=2) }}|{{ m() }}", "{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", "{% macro m(a) %}{% endmacro %}{{ m(x=2) }}", "{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }}", "{% macro m(a, b=a) %}{{ b }}{% endmacro %}{{ m(7) }}", "{% macro m(a=1, b) %}{% endmacro %}", "{% macro m(a) %}{{ a is defined }}{% endmacro %}{{ m() }}{{ m(none) }}", "{% macro m() %}{{ z }}{% endmacro %}{% set z = 5 %}{{ m() }}", "{% set z = 1 %}{% macro m() %}{{ z }}{% set z = 2 %}{{ z }}{% endmacro %}{{ m() }}{{ z }}", "{% macro f(x) %}{% if x > 0 %}{{ x }}{{ f(x - 1) }}{% endif %}{% endmacro %}{{ f(4) }}", "{{ m() }}{% macro m() %}x{% endmacro %}", "{% macro m() %}x{% endmacro %}{{ m() | upper }}{{ m() is string }}", "{% macro m() %}{{ caller() }}!{% endmacro %}{% call m() %}body{{ n }}{% endcall %}", "{% macro m() %}{{ caller(5) }}{% endmacro %}{% call(x) m() %}<{{ x }}>{% endcall %}", "{% macro m() %}x{% endmacro %}{% call m() %}b{% endcall %}", "{% macro m() %}{{ caller }}{% endmacro %}[{{ m() }}]", "{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}", "{% call 5 %}{% endcall %}", "{% macro m(x) %}\n  {%- for i in x %}\n{{ i }}\n  {%- endfor %}\n{% endmacro %}[{{ m(l) }}]", "{% for x in l %}{% macro m() %}{{ x }}{% endmacro %}{{ m() }}{% endfor %}", "{% if t %}{% macro m() %}in{% endmacro %}{% endif %}{{ m() }}", "{% macro m(none) %}{% endmacro %}", "{% macro 1() %}{% endmacro %}", "{% macro m(a %}{% endmacro %}", "{% macro m() %}", "{% macro m(a, b) %}{{ a }}{{ b }}{% endmacro %}{{ m(*[1, 2]) }}{{ m(**{'a': 3, 'b': 4}) }}", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, a=2) }}", "{% macro inf() %}{{ inf() }}{% endmacro %}{{ inf() }}", "{% macro m(a) %}{{ a }}{% endmacro %}{{ l | map('string') | map('upper') | list }}{{ m(a) }}", "{% macro caller() %}x{% endmacro %}{{ caller() }}", "{% macro m(caller) %}{{ caller() }}{% endmacro %}{% call m() %}z{% endcall %}",
    # with, filter, generation, print and tags that are not there
    "{% with a = 1, b = n %}{{ a }}{{ b }}{% endwith %}{{ a is defined }}", "{% with %}{% set q = 1 %}{{ q }}{% endwith %}{{ q is defined }}", "{% set a = 5 %}{% with a = 1, b = a %}{{ b }}{% endwith %}", "{% filter upper %}abc{{ n }}{% endfilter %}", "{% filter replace('a', 'b') | upper %}aac{% endfilter %}", "{% filter nosuch %}{% endfilter %}", "a{% generation %}b{{ n }}{% endgeneration %}c", "{% generation %}{% set q = 1 %}{% endgeneration %}{{ q is defined }}", "{% for m in msgs %}{% generation %}{{ m.role }}{{ loop.index }}{% endgeneration %}{% endfor %}", "{% print n, s %}", "{% nosuch %}", "{% do l.append(1) %}", "{% endfor %}", "{% trans %}x{% endtrans %}", "{% include 'x' %}", "{% import 'x' as y %}", "{% extends 'x' %}",
    # errors that must not be swallowed
    "{{ raise_exception('x' ~ n) }}", "{% if no %}{{ raise_exception('x') }}{% endif %}ok", "{% if msgs[0].role != 'user' %}{{ raise_exception('Conversation roles must alternate') }}{% endif %}", "{{ undefined_name.a.b }}", "{{ 'a' + none }}", "{{ n.x.y }}", "{{ d.b.c }}{{ d.b.c.d }}", "{{ [1, 2].foo.bar }}", "{{ '%s' | format }}", "{{ s | replace('a') }}", "{{ 5 | first }}", "{{ none | length }}", "{{ none | list }}", "{{ none | join }}", "{{ 5 | list }}", "{{ none | sort }}", "{{ none[0] }}", "{{ none['a']['b'] }}", "{{ n() }}", "{{ d() }}", "{{ d['b']() }}", "{{ s.upper.x }}|", "{{ range() }}", "{{ namespace(1) }}", "{{ dict(1) }}", "{{ dict([1]) }}",
    # shapes out of public chat templates
    "{% for message in msgs %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
    "{%- if msgs[0]['role'] == 'system' %}\n    {%- set system_message = msgs[0]['content']|trim %}\n    {%- set msgs = msgs[1:] %}\n{%- else %}\n    {%- set system_message = \"\" %}\n{%- endif %}\n{{- system_message }}|{{ msgs | length }}",
    "{%- set ns = namespace(multi_step_tool=true, last_query_index=msgs|length - 1) %}\n{%- for message in msgs[::-1] %}\n    {%- set index = (msgs|length - 1) - loop.index0 %}\n    {%- if ns.multi_step_tool and message.role == \"user\" and message.content is string and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}\n        {%- set ns.multi_step_tool = false %}\n        {%- set ns.last_query_index = index %}\n    {%- endif %}\n{%- endfor %}{{ ns.last_query_index }}",
    "{%- for message in msgs %}{%- if message.tool_calls %}{%- for tool_call in message.tool_calls %}{%- if (loop.first and content) or (not loop.first) %}{{- '\\n' }}{%- endif %}{%- if tool_call.function %}{%- set tool_call = tool_call.function %}{%- endif %}{{- '<tool_call>\\n{\"name\": \"' }}{{- tool_call.name }}{{- '\", \"arguments\": ' }}{%- if tool_call.arguments is string %}{{- tool_call.arguments }}{%- else %}{{- tool_call.arguments | tojson }}{%- endif %}{{- '}\\n</tool_call>' }}{%- endfor %}{%- endif %}{%- endfor %}",
    "{% set c = '<think>\\nabc\\n</think>\\n\\nfinal' %}{{ c.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') }}|{{ c.split('</think>')[-1].lstrip('\\n') }}",
    "{{ bos_token }}{%- if msgs[0]['content'] is string -%}{%- set first_user_prefix = msgs[0]['content'] + '\\n\\n' -%}{%- else -%}{%- set first_user_prefix = msgs[0]['content'][0]['text'] + '\\n\\n' -%}{%- endif -%}{{ first_user_prefix }}",
    "{%- for message in msgs -%}{%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}{{ raise_exception(\"Conversation roles must alternate user/assistant/user/assistant/...\") }}{%- endif -%}{%- endfor -%}",
    "{%- if strftime_missing is defined %}\n  {%- set date_string = strftime_missing(\"%d %b %Y\") %}\n{%- else %}\n  {%- set date_string = \"26 Jul 2024\" %}\n{%- endif %}\n{{ date_string }}",
    "{%- for arg_name, arg_val in msgs[2].tool_calls[0].function.arguments | items %}{{- arg_name + '=\"' ~ arg_val ~ '\"' }}{%- if not loop.last %}{{- \", \" }}{%- endif %}{%- endfor %}",
]


def case(template, variables=None):
    row = {"template": template}
    if variables is not None:
        row["variables"] = variables
    try:
        row["expected"] = ENV.from_string(template).render(**(VARIABLES if variables is None else variables))
        row["expected"].encode("utf-8")
    except Exception as error:  # noqa: BLE001
        row.pop("expected", None)
        row["error"] = type(error).__name__
    return row


# What Jinja renders and the interpreter refuses: memory addresses, integers beyond 64 bits, and what it does not have.
STRICTER = ["{{ 10 ** 20 }}", "{{ 9223372036854775807 + 1 }}", "{{ items.items }}", "{{ s.upper }}", "{{ l | reverse }}", "{{ s.swapcase() }}", "{{ self is defined }}", "{{ lipsum is defined }}", "{{ namespace(a=1) }}",
            "{% if no %}{{ n | nosuchfilter }}{% endif %}", "{% block x %}a{% endblock %}", "{% autoescape true %}{% endautoescape %}", "{{ people | groupby('age') | list }}", "{{ '{}'.format(1) }}", "{% set \u00e9 = 1 %}{{ \u00e9 }}", "{{ '\\N{BULLET}' }}", "{{ 1 is sameas 1 }}", "{{ n.real }}", "{{ s | urlize }}", "{{ s | random | length }}", "{% macro m() %}{% endmacro %}{{ m.name }}", "{{ l[1, 2] }}"]


def parts(row):
    """The expressions of a row, which stand between commas outside of brackets and strings."""
    found, begin, depth, quote = [], 0, 0, ""
    for i, c in enumerate(row):
        if quote:
            quote = "" if c == quote and row[i - 1] != "\\" else quote
        elif c in "'\"":
            quote = c
        elif c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        elif c == "," and depth == 0:
            found.append(row[begin:i].strip())
            begin = i + 1
    return found + [row[begin:].strip()]


def main():
    print(json.dumps({"python": sys.version.split()[0], "jinja2": jinja2.__version__, "markupsafe": version("markupsafe"),
                      "variables": VARIABLES}, ensure_ascii=False))
    for expression in EXPRESSIONS.replace("'\\\nx'", "'\\\x00x'").split("\n"):
        expression = expression.replace("\x00", "\n")
        for one in parts(expression):
            print(json.dumps(case("{{ " + one + " }}"), ensure_ascii=False))
    for template in STATEMENTS:
        print(json.dumps(case(template), ensure_ascii=False))
    for template in STRICTER:
        if "error" in case(template):
            raise SystemExit(f"Jinja refuses {template} too")
        print(json.dumps({"template": template, "stricter": True}, ensure_ascii=False))


main()
