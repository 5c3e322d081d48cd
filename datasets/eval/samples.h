// The parts of a line of lm-eval's samples file that come from the documents alone (evaluator.py).
#pragma once
#include <string>

#include "datasets/evaluation.h"

namespace fp8bench {

// "arguments": per request [context, continuation], [text] or [context, generation_kwargs].
nlohmann::ordered_json sample_arguments(const EvalDocument& document);

// The texts whose SHA-256 (lower-case hex) are doc_hash, prompt_hash and target_hash: the document as
// json.dumps(doc, indent=2, ensure_ascii=False), the first argument of the first request, str(target).
std::string doc_hash_text(const EvalDocument& document);
std::string prompt_hash_text(const EvalDocument& document);
std::string target_hash_text(const EvalDocument& document);

}  // namespace fp8bench
