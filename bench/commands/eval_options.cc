#include "bench/commands/eval_options.h"

namespace fp8bench {
namespace {

// How prompts become chats, under our spelling and lm-eval's.
void add_chat_options(CLI::App& app, EvalCommandOptions& options) {
  EvalChatSettings& chat = options.chat;
  app.add_flag("--apply-chat-template,--apply_chat_template", chat.apply,
               "every prompt as a chat by the checkpoint's template (default: only tasks that are chats)");
  app.add_option("--chat-template", chat.template_file, "Jinja file for chats (default: the checkpoint's own)");
  app.add_option("--fewshot-as-multiturn,--fewshot_as_multiturn", chat.multiturn,
                 "of a chat: true, every example is two turns (default); false, examples and question are one message")
      ->expected(0, 1);
  app.add_option("--system-instruction,--system_instruction", chat.system,
                 "text before every prompt; in a chat, its system message");
  app.add_option("--tool-prompt", chat.tool_prompt,
                 "where functions stand: template (tools of the chat template), system (a message, as BFCL does for "
                 "models without function calling), auto (template if it shows tools)")
      ->check(CLI::IsMember({"auto", "template", "system"}))
      ->capture_default_str();
  app.add_option("--gen-kwargs,--gen_kwargs", options.gen_kwargs,
                 "of generated answers, in place of the task's own: max_gen_toks=128,until=[\"\\n\"] or JSON");
}

}  // namespace

void add_eval_options(CLI::App& app, EvalCommandOptions& options) {
  app.add_option("CKPT", options.checkpoint, "a folder with weights and tokenizer, or quantized:FOLDER")->required();
  app.add_option("--fp8", options.fp8, "a second checkpoint on the same items, paired (default: none)");
  app.add_flag(
         "--floor", options.floor,
         "a third run, of FP8 nudged by one ulp: its flips are the control of FP8's, and what it makes of ln p of "
         "the right answers is the floor of a second test on them")
      ->needs("--fp8");
  app.add_option("--tasks", options.tasks, "lm-eval's names, comma separated; see `fp8bench list tasks`")
      ->delimiter(',')
      ->required();
  app.add_option("--num-fewshot", options.num_fewshot, "examples before each question (default: the task's own)")
      ->check(CLI::Range(0, 1000));
  app.add_option("--limit", options.limit, "the first so many documents of each task (default: all)")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 40));
  app.add_option("--fewshot-seed", options.fewshot_seed, "seed of the drawn examples")->capture_default_str();
  app.add_option(
      "--samples", options.samples,
      "samples as lm-eval writes them: a file, or a folder for one file a task; FP8's have .fp8 in the name");
  app.add_option("--results", options.results, "results as lm-eval writes them, JSON (default: only in the record)");
  app.add_option("--resume", options.resume,
                 "journal of answers to go on from, kept (default: beside the samples, until they are written)");
  app.add_option("--max-length", options.max_length, "tokens the model reads at most (default: its configuration's)")
      ->check(CLI::Range(int64_t{2}, int64_t{1} << 24));
  app.add_option("--bos", options.bos, "BOS before every text: auto is what the tokenizer's files say")
      ->check(CLI::IsMember({"auto", "yes", "no"}))
      ->capture_default_str();
  app.add_option("--tokenizer", options.tokenizer, "folder with the tokenizer (default: the checkpoint's)");
  app.add_option("--softmax", options.softmax,
                 "log-likelihoods as lm-eval's PyTorch rounds them (float32, AVX2), or exact (double)")
      ->check(CLI::IsMember({"lm-eval", "exact"}))
      ->capture_default_str();
  app.add_option("--policy", options.policy, "numeric policy")
      ->check(CLI::IsMember({"f32", "bf16", "native"}))
      ->capture_default_str();
  app.add_option("--kv", options.kv, "type of the KV cache")
      ->check(CLI::IsMember({"f32", "bf16", "fp8"}))
      ->capture_default_str();
  app.add_option("--memory", options.memory, "for what is computed together, e.g. 2GiB (default)")
      ->transform(CLI::AsSizeValue(false));
  app.add_option("--margin", options.margin, "largest loss that passes: 2pp, 2% or 0.02; of a perplexity its rise")
      ->capture_default_str();
  app.add_option("--alpha", options.alpha, "level of the tests, one-sided")->capture_default_str();
  app.add_option("--power", options.power, "for the smallest loss that would be seen")->capture_default_str();
  add_chat_options(app, options);
}

}  // namespace fp8bench
