// fp8bench trace CKPT --ids ... --output FILE: everything one sequence makes inside the engine, with which anyone can
// check it against another.
#include "harness/engine/trace.h"

#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <string>
#include <vector>

#include "bench/commands/command.h"
#include "harness/io/error.h"
#include "harness/io/text_file.h"

namespace fp8bench {
namespace {

// Ids and generated tokens together: the longest context of Gemma 4.
constexpr int64_t kMaxTokens = 262144;

struct Options {
  std::string checkpoint, ids, ids_file, output;
  std::string policy = "f32", kv = "f32";
  int64_t generate = 0;
};

// Integers separated by commas or white space.
std::vector<int32_t> parse_ids(const std::string& text, const std::string& where) {
  constexpr const char* kSeparators = ", \t\r\n";
  std::vector<int32_t> ids;
  for (size_t begin = text.find_first_not_of(kSeparators); begin != std::string::npos;
       begin = text.find_first_not_of(kSeparators, begin)) {
    const size_t end = std::min(text.find_first_of(kSeparators, begin), text.size());
    int32_t id = 0;
    const auto [stop, error] = std::from_chars(text.data() + begin, text.data() + end, id);
    if (error != std::errc() || stop != text.data() + end)
      throw InputError(fmt::format("{}: expected token ids separated by commas or spaces, found '{}'", where,
                                   text.substr(begin, end - begin)));
    ids.push_back(id);
    begin = end;
  }
  if (ids.empty()) throw InputError(fmt::format("{}: expected at least one token id", where));
  return ids;
}

int run(const Options& options) {
  const std::vector<int32_t> ids = options.ids_file.empty()
                                       ? parse_ids(options.ids, "--ids")
                                       : parse_ids(read_text_file(options.ids_file), options.ids_file);
  const int64_t total = static_cast<int64_t>(ids.size()) + options.generate;
  if (total > kMaxTokens)
    throw InputError(fmt::format("trace: expected at most {} tokens, found {} ids and --generate {}", kMaxTokens,
                                 ids.size(), options.generate));
  require_writable(options.output);
  EngineOptions engine;
  engine.policy = parse_policy(options.policy).value_or(Policy::kF32);
  engine.kv = parse_kv(options.kv).value_or(KvDType::kF32);
  const auto model = std::make_shared<const Model>(open_checkpoint(options.checkpoint));
  std::vector<NamedTensor> tensors = trace_sequence(model, engine, ids, options.generate);
  const size_t count = tensors.size();
  write_safetensors(options.output, std::move(tensors));
  fmt::print("{}: {} tensors of {} tokens, policy {}, {} KV cache\n", options.output, count, ids.size(),
             policy_name(engine.policy), kv_name(engine.kv));
  return kExitPass;
}

}  // namespace

std::function<int()> add_trace_command(CLI::App& app, const CommonOptions&) {
  auto options = std::make_shared<Options>();
  app.add_option("CKPT", options->checkpoint, "a folder, synth:VARIANT?seed=N&layers=L or quantized:SPEC")->required();
  CLI::Option* ids = app.add_option("--ids", options->ids, "token ids separated by commas, <bos> included: 2,105,...");
  CLI::Option* file =
      app.add_option("--ids-file", options->ids_file, "text file of token ids separated by commas or white space");
  ids->excludes(file);
  app.add_option("--policy", options->policy, "numeric policy")
      ->check(CLI::IsMember({"f32", "bf16", "native"}))
      ->capture_default_str();
  app.add_option("--kv", options->kv, "dtype of the KV cache")
      ->check(CLI::IsMember({"f32", "bf16", "fp8"}))
      ->capture_default_str();
  app.add_option("--generate", options->generate, "tokens to continue greedily with the KV cache")
      ->check(CLI::Range(int64_t{0}, kMaxTokens))
      ->capture_default_str();
  app.add_option("--output", options->output, "safetensors file to write: F32, indices and ids I32")->required();
  return [options] {
    if (options->ids.empty() && options->ids_file.empty())
      throw InputError("trace: expected --ids 2,105,... or --ids-file FILE");
    return run(*options);
  };
}

}  // namespace fp8bench
