#include "harness/text/tool_format.h"

#include <catch2/catch.hpp>

namespace fp8bench {
namespace {

constexpr const char* kMessages = "{% for m in messages %}{{ m.role }}:{{ m.content }}\n{% endfor %}";
// Gemma 4's form in small.
constexpr const char* kGemma =
    "{% if tools %}{% for t in tools %}<|tool>{{ t.function.name }}<tool|>{% endfor %}{% endif %}"
    "{% for m in messages %}{{ m.role }}:{{ m.content }}{% if m.tool_calls %}{% for c in m.tool_calls %}"
    "<|tool_call>call:{{ c.function.name }}{word:<|\"|>{{ c.function.arguments.word }}<|\"|>}<tool_call|>"
    "{% endfor %}{% endif %}\n{% endfor %}";
constexpr const char* kJson =
    "{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}{{ m.role }}:{{ m.content }}"
    "{% if m.tool_calls %}<tool_call>{{ m.tool_calls[0].function | tojson }}</tool_call>{% endif %}\n{% endfor %}";
constexpr const char* kRefuses = "{% if tools %}{{ raise_exception('no tools') }}{% endif %}{{ messages[0].content }}";

TEST_CASE("what a template does with tools is found out") {
  CHECK(tool_format(ChatTemplate(kMessages, "plain")) == ToolFormat::kIgnored);
  CHECK(tool_format(ChatTemplate(kGemma, "gemma")) == ToolFormat::kGemma4);
  CHECK(tool_format(ChatTemplate(kJson, "json")) == ToolFormat::kOther);
  CHECK(tool_format(ChatTemplate(kRefuses, "refuses")) == ToolFormat::kOther);
}

}  // namespace
}  // namespace fp8bench
