#include "bench/command_line.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <new>
#include <stdexcept>
#include <vector>

#include "bench/commands/command.h"
#include "bench/suites/suite.h"
#include "harness/io/error.h"
#include "harness/measure/environment.h"
#include "kernels/isa.h"
#include "kernels/parallel.h"

namespace fp8bench {
namespace {

constexpr const char* kCommonGroup = "Common options";
constexpr const char* kCannotWrite = "standard output cannot be written";
constexpr const char* kFooter =
    "Exit codes: 0 pass, 1 a regression is proven, 2 inconclusive, 3 invalid (a check, hash or identity failed),\n"
    "4 usage or input error. Results go to stdout, progress and messages to stderr.\n"
    "A checkpoint is a folder, synth:VARIANT?seed=N&layers=L, or quantized:FOLDER.";

// Insertions, deletions, substitutions and exchanged neighbours: what fingers do.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = last;
    last = row;
  }
  return last[b.size()];
}

// As a shell would need it to run again.
std::string shell_word(std::string_view word) {
  const std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=./:,@%";
  if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos) return std::string(word);
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string version_text() {
  const Environment environment = read_environment();
  return fmt::format("fp8bench {} (revision {}, {})", environment.version, environment.revision, environment.compiler);
}

struct Program {
  CLI::App app{"fp8bench: what does the FP8 checkpoint of a model cost, and what does it buy?", "fp8bench"};
  CommonOptions common;
  std::string suite_name;
  const Suite* suite = nullptr;  // that was asked for: only its options exist
  std::string device = "cpu";
  std::map<const CLI::App*, std::function<int()>> actions;
  std::function<int()> run_suite;
};

std::vector<std::string> isa_names() {
  std::vector<std::string> names;
  for (const Isa isa : all_isas()) names.emplace_back(isa_name(isa));
  return names;
}

// Every command takes them, so that their place on the command line does not matter.
void add_common_options(CLI::App& app, Program& program) {
  CommonOptions& common = program.common;
  const auto add = [&app](const std::string& name, auto& variable, const char* what) -> CLI::Option* {
    if (app.get_option_no_throw(name) != nullptr) return nullptr;  // the command has its own meaning for it
    return app.add_option(name, variable, what)->group(kCommonGroup);
  };
  if (auto* o = add("--threads", common.threads, "threads, a count (default 0: every processor this process may use)"))
    o->check(CLI::Range(0, 4096))->type_name("N");
  if (auto* o = add("--isa", common.isa, "instruction set (default FP8BENCH_ISA, else the best supported)"))
    o->check(CLI::IsMember(isa_names()))->type_name("NAME");
  if (auto* o = add("--device", program.device, "device that computes (default cpu)"))
    o->check(CLI::IsMember({"cpu"}))->type_name("NAME");
  if (auto* o = add("--seed", common.seed, "seed of everything that is drawn, a whole number (default 1)"))
    o->type_name("N");
  if (auto* o = add("--data", common.data, "folder of public evaluation data (default FP8BENCH_DATA)"))
    o->type_name("DIR");
  if (auto* o = add("--json", common.json, "write the record there (default: not written, or where the command says)"))
    o->type_name("FILE");
  if (app.get_option_no_throw("--quiet") == nullptr)
    app.add_flag("--quiet", common.quiet,
                 "no progress on stderr (default: a bar on a terminal, sparse lines otherwise)")
        ->group(kCommonGroup);
}

// What stands behind --suite, before anything is parsed: only the chosen suite's options are to exist.
const Suite* chosen_suite(const std::vector<std::string>& words) {
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i].rfind("--suite=", 0) == 0) return find_suite(words[i].substr(8));
    if (words[i] == "--suite" && i + 1 < words.size()) return find_suite(words[i + 1]);
  }
  return nullptr;
}

std::string list_of_suites() {
  std::string text = "Suites (fp8bench --suite NAME --help lists the options of one):\n";
  for (const Suite& suite : suites()) text += fmt::format("  {:<10}{}\n", suite.name, suite.summary);
  return text;
}

void add_suite(Program& program, const std::vector<std::string>& words) {
  std::vector<std::string> names;
  for (const Suite& suite : suites()) names.emplace_back(suite.name);
  program.app.add_option("--suite", program.suite_name, "suite to run; see `fp8bench list suites`")
      ->check(CLI::IsMember(names));
  program.suite = chosen_suite(words);
  if (program.suite != nullptr) program.run_suite = program.suite->add(program.app, program.common);
}

std::string_view suite_with_benchmark() {
  for (const Suite& suite : suites())
    if (suite.benchmark_flags) return suite.name;
  return "";
}

// Suites that take this option.
std::vector<std::string> suites_with(const std::string& option) {
  std::vector<std::string> names;
  for (const Suite& suite : suites()) {
    CLI::App scratch;
    const CommonOptions common;
    const auto unused = suite.add(scratch, common);
    if (scratch.get_option_no_throw(option) != nullptr) names.emplace_back(suite.name);
  }
  return names;
}

void build(Program& program, const std::vector<std::string>& words) {
  CLI::App& app = program.app;
  app.get_formatter()->column_width(28);
  app.footer(list_of_suites() + "\n" + kFooter);
  app.set_version_flag("--version", version_text, "version, source revision and compiler");
  app.require_subcommand(0, 1);
  program.common.command_line = "fp8bench";
  for (const std::string& word : words) program.common.command_line += " " + shell_word(word);
  if (const char* data = std::getenv("FP8BENCH_DATA")) program.common.data = data;

  add_suite(program, words);
  add_common_options(app, program);
  for (const Command& command : commands()) {
    CLI::App* sub = app.add_subcommand(command.name, command.summary);
    program.actions[sub] = command.add(*sub, program.common);
    add_common_options(*sub, program);
  }
}

// The words that CLI11 did not know, with the command in whose place they stood.
std::string unknown_word(const Program& program) {
  const CLI::App& root = program.app;
  const auto chosen = root.get_subcommands();
  const CLI::App& app = chosen.empty() ? root : *chosen.front();
  std::vector<std::string> words = root.remaining(true);
  if (words.empty()) return "";
  const auto is_option = [](const std::string& word) { return word.size() > 1 && word[0] == '-'; };
  const auto found = std::find_if(words.begin(), words.end(), is_option);
  const bool option = found != words.end();
  const std::string word = (option ? *found : words.front()).substr(0, option ? found->find('=') : std::string::npos);

  if (option && chosen.empty()) {
    const std::vector<std::string> owners = suites_with(word);
    if (!owners.empty() && program.suite == nullptr)
      return fmt::format("{} needs --suite\nhint: fp8bench --suite {} {} ...", word, owners.front(), word);
    if (!owners.empty())
      return fmt::format("--suite {} does not take {}\nhint: --suite {} does", program.suite->name, word,
                         fmt::join(owners, ", --suite "));
  }
  std::vector<std::string> candidates;
  if (option) {
    for (const CLI::Option* o : app.get_options())
      for (const std::string& name : o->get_lnames()) candidates.push_back("--" + name);
  } else if (chosen.empty()) {
    for (const Command& command : commands()) candidates.emplace_back(command.name);
  }
  const std::string near = closest(word, candidates);
  const std::string place = chosen.empty() ? "fp8bench" : "fp8bench " + app.get_name();
  std::string message = option || !chosen.empty() ? fmt::format("unknown {} {}", option ? "option" : "argument", word)
                                                  : fmt::format("unknown command {}", word);
  message += near.empty() ? fmt::format("\nhint: {} --help lists what there is", place)
                          : fmt::format("\nhint: did you mean {}?", near);
  return message;
}

// Options of the suites and a command exclude each other; --suite alone starts a suite.
void refuse_impossible(const CLI::App& app) {
  std::vector<std::string> suite_options;
  std::string common_option;
  for (const CLI::Option* option : app.get_options()) {
    if (option->count() == 0) continue;
    if (option->get_group() == kCommonGroup)
      common_option = option->get_name();
    else
      suite_options.push_back(option->get_name());
  }
  const auto chosen = app.get_subcommands();
  if (!chosen.empty() && !suite_options.empty())
    throw InputError(fmt::format(
        "{} belongs to a suite and cannot go with the command {}\nhint: fp8bench {} --help lists its options",
        fmt::join(suite_options, ", "), chosen.front()->get_name(), chosen.front()->get_name()));
  if (!chosen.empty() || app.count("--suite") > 0) return;
  throw InputError(
      fmt::format("{} alone asks for nothing\nhint: name a suite (--suite {}) or a command; fp8bench --help lists them",
                  common_option, suites().front().name));
}

void apply(const Program& program) try {
  if (program.common.threads > 0) set_threads(program.common.threads);
  const std::vector<Isa> supported = supported_isas();
  for (const Isa isa : supported)
    if (program.common.isa == isa_name(isa)) set_isa(isa);
  if (!program.common.isa.empty() && program.common.isa != isa_name(active_isa()))
    throw InputError(
        fmt::format("--isa {}: this processor does not have it\nhint: fp8bench list isas", program.common.isa));
  active_isa();  // a wrong FP8BENCH_ISA is said now, not after a minute
} catch (const std::invalid_argument& error) {
  throw InputError(fmt::format("{}\nhint: fp8bench list isas", error.what()));
}

// Flags of Google Benchmark are its own business: CLI11 never sees them.
std::vector<std::string> take_benchmark_flags(std::vector<std::string>& words) {
  const auto is_flag = [](const std::string& word) { return word.rfind("--benchmark_", 0) == 0; };
  std::vector<std::string> flags;
  std::copy_if(words.begin(), words.end(), std::back_inserter(flags), is_flag);
  std::erase_if(words, is_flag);
  return flags;
}

int parse_and_run(int argc, const char* const* argv) {
  Program program;
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  build(program, words);
  if (argc <= 1) {
    std::cout << program.app.help();
    return kExitPass;
  }
  program.common.benchmark_flags = take_benchmark_flags(words);
  if (!program.common.benchmark_flags.empty() && (program.suite == nullptr || !program.suite->benchmark_flags))
    throw InputError(
        fmt::format("{}: only a suite that runs inside Google Benchmark takes it\nhint: fp8bench --suite {}",
                    program.common.benchmark_flags.front(), suite_with_benchmark()));
  try {
    std::reverse(words.begin(), words.end());  // as CLI11 wants a vector
    program.app.parse(words);
  } catch (const CLI::CallForHelp& call) {
    return program.app.exit(call);
  } catch (const CLI::CallForVersion& call) {
    return program.app.exit(call);
  } catch (const CLI::ParseError& error) {
    // An unknown word is the likelier mistake than what its absence made CLI11 miss.
    const std::string unknown = unknown_word(program);
    if (!unknown.empty()) throw InputError(unknown);
    const auto chosen = program.app.get_subcommands();
    if (dynamic_cast<const CLI::RequiresError*>(&error) != nullptr) refuse_impossible(program.app);  // the better hint
    throw InputError(fmt::format("{}\nhint: fp8bench {}--help lists the options with their values", error.what(),
                                 chosen.empty() ? "" : chosen.front()->get_name() + " "));
  }
  refuse_impossible(program.app);
  apply(program);
  const auto chosen = program.app.get_subcommands();
  return chosen.empty() ? program.run_suite() : program.actions.at(chosen.front())();
}

int fail(int code, const std::string& message) {
  std::cout.flush();
  std::fflush(stdout);
  std::cerr << "fp8bench: " << message << std::endl;
  return code;
}

}  // namespace

std::string closest(std::string_view word, std::span<const std::string> candidates) {
  std::string best;
  size_t best_distance = 0;
  for (const std::string& candidate : candidates) {
    // Two of three letters must be right; a word that was merely not finished counts as near.
    const bool unfinished = word.size() >= 4 && candidate.compare(0, word.size(), word) == 0;
    const size_t distance = unfinished ? 1 : edit_distance(word, candidate);
    const size_t letters = std::min(word.size(), candidate.size());
    if (distance > std::max<size_t>(1, letters / 3) || (!best.empty() && distance >= best_distance)) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

int run_program(int argc, const char* const* argv) {
  int code = kExitInvalid;
  try {
    code = parse_and_run(argc, argv);
  } catch (const InputError& error) {
    return fail(kExitUsage, error.what());
  } catch (const CheckError& error) {
    return fail(kExitInvalid, error.what());
  } catch (const CLI::Error& error) {
    return fail(kExitUsage, error.what());
  } catch (const std::bad_alloc&) {
    return fail(kExitInvalid, "internal error: out of memory");
  } catch (const std::exception& error) {
    if (std::ferror(stdout) != 0) return fail(kExitUsage, kCannotWrite);
    return fail(kExitInvalid, fmt::format("internal error: {}", error.what()));
  }
  // A full disk must not look like a pass.
  std::cout.flush();
  if (std::fflush(stdout) != 0 || !std::cout) return fail(kExitUsage, kCannotWrite);
  return code;
}

}  // namespace fp8bench
