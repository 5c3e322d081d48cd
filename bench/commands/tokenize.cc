// fp8bench tokenize CKPT [FILE]: a checkpoint's tokenizer by itself, so that anyone can check its ids against another.
#include <fmt/format.h>

#include <charconv>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "bench/commands/command.h"
#include "harness/io/error.h"
#include "harness/io/text_file.h"
#include "harness/text/tokenizer.h"

namespace fp8bench {
namespace {

struct Options {
  std::string checkpoint, file;
  bool decode = false, lines = false, no_special = false;
};

std::string read_input(const std::string& file) {
  if (!file.empty() && file != "-") return read_text_file(file);
  return {std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
}

// Ids separated by commas, spaces or other white space, as this command writes them.
std::vector<int32_t> parse_ids(std::string_view text, const std::string& where) {
  constexpr std::string_view kSeparators = ", \t\r\n";
  std::vector<int32_t> ids;
  for (size_t begin = text.find_first_not_of(kSeparators); begin != std::string_view::npos;) {
    const size_t end = std::min(text.find_first_of(kSeparators, begin), text.size());
    int32_t id = 0;
    const auto [stop, error] = std::from_chars(text.data() + begin, text.data() + end, id);
    if (error != std::errc() || stop != text.data() + end)
      throw InputError(fmt::format("{}: byte {}: expected token ids separated by spaces, found '{}'", where, begin,
                                   text.substr(begin, end - begin)));
    ids.push_back(id);
    begin = text.find_first_not_of(kSeparators, end);
  }
  return ids;
}

std::string convert(const Tokenizer& tokenizer, const Options& options, std::string_view text,
                    const std::string& where) {
  if (options.decode) return tokenizer.decode(parse_ids(text, where), options.no_special);
  return fmt::format("{}", fmt::join(tokenizer.encode(text, !options.no_special), " "));
}

int run(const Options& options) {
  const std::unique_ptr<const Tokenizer> tokenizer = load_tokenizer(options.checkpoint);
  const std::string input = read_input(options.file);
  const std::string where = options.file.empty() || options.file == "-" ? "standard input" : options.file;
  std::string output;
  if (options.lines) {
    for (size_t begin = 0; begin < input.size();) {
      const size_t end = std::min(input.find('\n', begin), input.size());
      output += convert(*tokenizer, options, std::string_view(input).substr(begin, end - begin), where);
      output += '\n';
      begin = end + 1;
    }
  } else {
    output = convert(*tokenizer, options, input, where);
    if (!options.decode) output += '\n';  // a text ends where its tokens end
  }
  std::cout.write(output.data(), static_cast<std::streamsize>(output.size()));
  std::cout.flush();
  if (!std::cout) throw InputError("tokenize: cannot write to standard output");
  return kExitPass;
}

}  // namespace

std::function<int()> add_tokenize_command(CLI::App& app, const CommonOptions&) {
  auto options = std::make_shared<Options>();
  app.add_option("CKPT", options->checkpoint, "a folder with tokenizer.json or tokenizer.model, or one such file")
      ->required();
  app.add_option("FILE", options->file, "text, or ids with --decode (default: standard input)");
  app.add_flag("--decode", options->decode, "from ids to text");
  app.add_flag("--lines", options->lines, "every line of the input by itself, one line of output each");
  app.add_flag("--no-special", options->no_special, "without BOS and EOS; with --decode: leave special tokens out");
  return [options] { return run(*options); };
}

}  // namespace fp8bench
