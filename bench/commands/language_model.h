// A checkpoint that reads and writes text: what the commands eval and generate open.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "harness/checkpoint/generation_config.h"
#include "harness/engine/head.h"
#include "harness/text/chat_template.h"
#include "harness/text/tokenizer.h"

namespace fp8bench {

struct LanguageModel {
  std::string spec;  // as given
  std::shared_ptr<const Model> model;
  std::shared_ptr<const Head> head;
  GenerationConfig generation;
};
// `keep_head_bytes`: a head of at most so many bytes stays in memory.
LanguageModel open_language_model(const std::string& spec, int64_t keep_head_bytes = int64_t{256} << 20);

// The folder with the tokenizer: `given` if not empty, else the folder of the spec, "quantized:" before it taken off.
// Throws InputError if there is none.
std::filesystem::path text_folder(const std::string& spec, const std::string& given);

// The tokenizer of that folder, checked against every model's vocabulary.
std::unique_ptr<const Tokenizer> open_tokenizer(const std::filesystem::path& folder,
                                                std::initializer_list<const LanguageModel*> models);

// The folder of a second checkpoint may bring a tokenizer of its own. Throws CheckError if it reads one of the texts in
// other tokens: then the two checkpoints would not be asked the same.
void check_same_tokens(const Tokenizer& tokenizer, const std::string& second_spec, std::span<const std::string> texts);

// The chat template that is named (a file), or the folder's own; nothing if the folder has none and none is named.
std::optional<ChatTemplate> find_chat_template(const std::filesystem::path& folder, const std::string& file,
                                               bool with_tools);

}  // namespace fp8bench
