#include "datasets/eval/samples.h"

#include "datasets/eval/python_dump.h"

namespace fp8bench {

using Json = nlohmann::ordered_json;

Json sample_arguments(const EvalDocument& document) {
  Json all = Json::array();
  for (const Request& request : document.requests) {
    switch (request.kind) {
      case RequestKind::kLogLikelihood:
        all.push_back(Json::array({request.context, request.continuation}));
        break;
      case RequestKind::kRolling:
        all.push_back(Json::array({request.continuation}));
        break;
      case RequestKind::kGenerateUntil:
        all.push_back(Json::array({request.context, request.settings}));
        break;
    }
  }
  return all;
}

std::string doc_hash_text(const EvalDocument& document) { return python_dumps(document.doc, 2); }

std::string prompt_hash_text(const EvalDocument& document) {
  const Request& first = document.requests.at(0);
  return first.kind == RequestKind::kRolling ? first.continuation : first.context;
}

std::string target_hash_text(const EvalDocument& document) { return python_str(document.target); }

}  // namespace fp8bench
