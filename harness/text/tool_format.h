// What a chat template does with tools, found out by rendering a small chat with and without them.
#pragma once
#include "harness/text/chat_template.h"

namespace fp8bench {

enum class ToolFormat {
  kIgnored,  // the prompt is the same without them: the model never sees them
  kGemma4,   // calls as tool_call.h reads them
  kOther     // shown, but calls have a form that nothing here reads (or the template refuses them)
};

ToolFormat tool_format(const ChatTemplate& chat);

}  // namespace fp8bench
