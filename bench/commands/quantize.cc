// fp8bench quantize SRC DST: the FP8_DYNAMIC checkpoint of a BF16 one, byte for byte as llm-compressor writes it.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/commands/command.h"
#include "harness/checkpoint/quantize_checkpoint.h"
#include "harness/io/error.h"
#include "harness/io/text_file.h"
#include "harness/report/progress.h"

namespace fp8bench {
namespace {

struct Options {
  std::string source, destination;
  std::vector<std::string> ignore;
  bool force = false;
};

double gigabytes(int64_t bytes) { return static_cast<double>(bytes) / 1e9; }

void write_json(const Options& options, const CommonOptions& common, const QuantizeReport& report) {
  const nlohmann::json json = {{"command", common.command_line},
                               {"source", options.source},
                               {"destination", options.destination},
                               {"source_bytes", report.source_bytes},
                               {"output_bytes", report.output_bytes},
                               {"quantized_tensors", report.quantized_tensors},
                               {"copied_tensors", report.copied_tensors},
                               {"seconds", report.seconds},
                               {"source_bytes_per_second", static_cast<double>(report.source_bytes) / report.seconds},
                               {"peak_anonymous_bytes", report.peak_anonymous_bytes},
                               {"warnings", report.warnings}};
  // A path need not be UTF-8: never fail to write a report because of it.
  write_file_atomically(common.json, json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

int run(const Options& options, const CommonOptions& common) {
  if (!common.json.empty()) require_writable(common.json);
  const TensorSourcePtr source = open_source(options.source);
  Progress progress("quantize", common.quiet);
  // Before anything is written, and even with --quiet: it is about the result, not about progress.
  const std::vector<std::string> ignore = options.ignore;
  if (!ignore.empty())
    for (const std::string& warning : recipe_warnings(*source, ignore)) fmt::print(stderr, "warning: {}\n", warning);
  QuantizeOptions request;
  request.ignore = ignore;
  request.force = options.force;
  request.progress = [&](int64_t done, int64_t total) {
    progress.update(done, total, fmt::format("{:.1f} of {:.1f} GB", gigabytes(done), gigabytes(total)));
  };
  const QuantizeReport report = quantize_checkpoint(source, options.destination, request);
  if (!common.json.empty()) write_json(options, common, report);
  fmt::print(
      "{}: {:.3f} GB -> {:.3f} GB, {} tensors quantized, {} copied, {:.1f} s, {:.0f} MB/s of source, peak memory "
      "{:.0f} MiB\n",
      options.destination, gigabytes(report.source_bytes), gigabytes(report.output_bytes), report.quantized_tensors,
      report.copied_tensors, report.seconds, static_cast<double>(report.source_bytes) / 1e6 / report.seconds,
      static_cast<double>(report.peak_anonymous_bytes) / (1 << 20));
  return kExitPass;
}

}  // namespace

std::function<int()> add_quantize_command(CLI::App& app, const CommonOptions& common) {
  auto options = std::make_shared<Options>();
  app.add_option("SRC", options->source, "BF16 checkpoint: a folder, or synth:VARIANT?seed=N&layers=L")->required();
  app.add_option("DST", options->destination, "folder to make; appears complete or not at all")->required();
  app.add_option("--ignore", options->ignore,
                 "module not to quantize: a name, or re:PATTERN anchored at the start (Python re.match); repeatable, "
                 "replaces the "
                 "default list of the architecture (Gemma 4: lm_head, re:.*embed.*, re:.*router, re:.*vision_tower.*, "
                 "re:.*norm.*)")
      ->allow_extra_args(false);
  app.add_flag("--force", options->force, "replace DST if it exists (default: refuse)");
  return [options, &common] { return run(*options, common); };
}

}  // namespace fp8bench
