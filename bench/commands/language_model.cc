#include "bench/commands/language_model.h"

#include <fmt/core.h>

#include "harness/io/error.h"
#include "harness/io/text_file.h"

namespace fp8bench {

LanguageModel open_language_model(const std::string& spec, int64_t keep_head_bytes) {
  LanguageModel out;
  out.spec = spec;
  out.model = std::make_shared<const Model>(open_checkpoint(spec));
  out.head = std::make_shared<const Head>(out.model, 8192, keep_head_bytes);
  out.generation = read_generation_config(out.model->checkpoint());
  return out;
}

std::filesystem::path text_folder(const std::string& spec, const std::string& given) {
  if (!given.empty()) return given;
  constexpr std::string_view kQuantized = "quantized:";
  std::string folder = spec;
  while (folder.compare(0, kQuantized.size(), kQuantized) == 0) folder.erase(0, kQuantized.size());
  if (!std::filesystem::is_directory(folder))
    throw InputError(fmt::format("{}: expected a folder with a tokenizer\nhint: --tokenizer DIR names one", spec));
  return folder;
}

std::unique_ptr<const Tokenizer> open_tokenizer(const std::filesystem::path& folder,
                                                std::initializer_list<const LanguageModel*> models) {
  std::unique_ptr<const Tokenizer> tokenizer = load_tokenizer(folder);
  for (const LanguageModel* model : models)
    if (model != nullptr) check_vocabulary(*tokenizer, model->model->config().vocab);
  return tokenizer;
}

void check_same_tokens(const Tokenizer& tokenizer, const std::string& second_spec, std::span<const std::string> texts) {
  const std::filesystem::path folder = second_spec;
  const bool own =
      std::filesystem::exists(folder / "tokenizer.json") || std::filesystem::exists(folder / "tokenizer.model");
  if (!own) return;  // derived on the fly, or weights only
  const std::unique_ptr<const Tokenizer> second = load_tokenizer(folder);
  if (std::filesystem::path(second->where()) == std::filesystem::path(tokenizer.where())) return;
  for (const std::string& text : texts)
    if (second->encode(text, true) != tokenizer.encode(text, true))
      throw CheckError(fmt::format("{}: expected the tokens of {}, found others for '{}'", second->where(),
                                   tokenizer.where(), text.substr(0, 60)));
}

std::optional<ChatTemplate> find_chat_template(const std::filesystem::path& folder, const std::string& file,
                                               bool with_tools) {
  if (!file.empty()) return ChatTemplate::load(folder, file, "", with_tools);
  try {
    return ChatTemplate::load(folder, {}, "", with_tools);
  } catch (const InputError&) {
    // A checkpoint without one can still do everything but chat; one whose template is wrong is told.
    const std::filesystem::path config = folder / "tokenizer_config.json";
    if (std::filesystem::exists(folder / "chat_template.jinja") ||
        (std::filesystem::exists(config) && read_text_file(config).find("\"chat_template\"") != std::string::npos))
      throw;
    return std::nullopt;
  }
}

}  // namespace fp8bench
