// Tool calling on the Berkeley Function Calling Leaderboard, version 4: the checkpoint's own chat template shows the
// functions, and the answer may call them in the model's own format or write Python calls. Where the template shows
// none, they stand in a system message and the answer is text.
#include <fmt/core.h>

#include <map>
#include <stdexcept>

#include "datasets/bfcl/ast_checker.h"
#include "datasets/bfcl/bfcl_prompt.h"
#include "datasets/bfcl/bfcl_tools.h"
#include "datasets/bfcl/decode_calls.h"
#include "datasets/eval/families.h"
#include "datasets/eval/figures.h"
#include "datasets/task.h"

namespace fp8bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kMaxTokens = 1024;

class BfclTask : public EvalTask {
 public:
  BfclTask(std::string category, std::vector<DataFile> files)
      : category_(std::move(category)), files_(std::move(files)) {}

  std::vector<EvalDocument> documents(const EvalOptions& options) const override {
    if (options.num_fewshot > 0)
      throw DatasetError(fmt::format("bfcl_{} takes no examples: expected --num-fewshot 0", category_));
    const std::filesystem::path path = find_data_file(options.data, files_.at(0));
    const std::vector<Json> records = read_json_lines(path);
    const std::map<std::string, Json> answers = read_answers(options.data);
    std::vector<EvalDocument> documents;
    for (size_t i = 0; i < records.size(); ++i) {
      if (options.limit >= 0 && static_cast<int64_t>(documents.size()) >= options.limit) break;
      try {
        EvalDocument document = make_document(records[i], answers, options.chat);
        document.id = static_cast<int64_t>(i);
        documents.push_back(std::move(document));
      } catch (const nlohmann::json::exception& error) {
        throw incomplete(path, i, error);
      } catch (const std::out_of_range& error) {
        throw incomplete(path, i, error);
      }
    }
    return documents;
  }

  std::vector<EvalSample> score(const EvalDocument& document, std::span<const Response> responses) const override {
    const Response& response = responses[0];
    const Json& functions = document.doc.at("function");
    const bool called = response.tool_calls.is_array() && !response.tool_calls.empty();
    const bfcl::Verdict verdict =
        called ? bfcl::check_calls(category_, functions, bfcl::from_tool_calls(response.tool_calls), document.target)
               : bfcl::check_text(category_, functions, response.text, document.target);
    EvalSample sample;
    sample.filtered_resps = Json::array({called ? response.tool_calls : Json(response.text)});
    sample.metrics = {{"acc", verdict.valid ? 1.0 : 0.0}};
    sample.logged["acc"] = verdict.valid ? 1.0 : 0.0;
    sample.logged["error_type"] = verdict.error_type;
    return {sample};
  }

  std::vector<EvalFigure> figures(std::span<const EvalDocument> /*documents*/,
                                  std::span<const std::vector<EvalSample>> samples) const override {
    std::vector<double> right;
    for (const std::vector<EvalSample>& item : samples) right.push_back(item.at(0).metrics.at(0).second);
    if (right.empty()) return {};
    return {{"acc", "none", figure_mean(right), mean_standard_error(right)}};
  }

 private:
  static DatasetError incomplete(const std::filesystem::path& path, size_t line, const std::exception& error) {
    return DatasetError(fmt::format("{}:{}: expected id, question, function and an answer of the same id: {}",
                                    path.string(), line + 1, error.what()));
  }

  std::map<std::string, Json> read_answers(const std::string& data) const {
    std::map<std::string, Json> answers;
    if (files_.size() < 2) return answers;
    for (const Json& record : read_json_lines(find_data_file(data, files_[1])))
      if (record.contains("id") && record.contains("ground_truth"))
        answers.emplace(record.at("id").get<std::string>(), record.at("ground_truth"));
    return answers;
  }

  EvalDocument make_document(const Json& record, const std::map<std::string, Json>& answers,
                             const ChatOptions& chat) const {
    EvalDocument document;
    document.doc = record;
    document.target = files_.size() < 2 ? Json::array() : answers.at(record.at("id").get<std::string>());
    Request& request = document.requests.emplace_back();
    request.kind = RequestKind::kGenerateUntil;
    request.max_tokens = kMaxTokens;
    request.messages = record.at("question").at(0);
    if (chat.tools_in_system_message && chat.tools_in_system_message()) {
      request.messages = bfcl::messages_with_functions(request.messages, record.at("function"));
    } else {
      request.tools = bfcl::tools_of(record.at("function"));
    }
    if (!chat.system.empty()) request.messages = bfcl::with_system(request.messages, chat.system);
    if (chat.render) request.context = chat.render(request.messages, request.tools);
    request.settings = {
        {"until", Json::array()}, {"do_sample", false}, {"temperature", 0.0}, {"max_gen_toks", kMaxTokens}};
    return document;
  }

  std::string category_;
  std::vector<DataFile> files_;
};

}  // namespace

std::unique_ptr<EvalTask> make_bfcl(const EvalTaskInfo& info) {
  return std::make_unique<BfclTask>(info.name.substr(info.name.find('_') + 1), info.files);
}

}  // namespace fp8bench
