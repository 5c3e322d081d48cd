// Plans every byte of the output, then fills it in pieces from all cores: a piece reads some rows, quantizes them and
// writes codes and scales to their final places, so that memory does not depend on the size of a tensor.
#include "harness/checkpoint/quantize_checkpoint.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <system_error>
#include <unordered_map>

#include "harness/checkpoint/fp8_recipe.h"
#include "harness/checkpoint/quantize_rows.h"
#include "harness/checkpoint/row_reader.h"
#include "harness/checkpoint/safetensors.h"
#include "harness/io/atomic_directory.h"
#include "harness/io/error.h"
#include "harness/io/peak_memory.h"
#include "harness/io/text_file.h"
#include "kernels/parallel.h"

namespace fp8bench {
namespace {

namespace fs = std::filesystem;

// A file of known size whose bytes arrive in any order.
class OutputFile {
 public:
  OutputFile(const fs::path& path, int64_t size)
      : path_(path), fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)) {
    if (fd_ < 0) fail("create");
    // Reserving the blocks finds a full disk now, not after minutes. Not every file system can.
    if (size > 0 && ::fallocate(fd_, 0, 0, size) != 0) {
      if (errno != EOPNOTSUPP && errno != ENOSYS) fail("reserve space");
      if (::ftruncate(fd_, size) != 0) fail("set the size");
    }
  }
  ~OutputFile() { ::close(fd_); }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(int64_t offset, std::span<const std::byte> bytes) {
    for (size_t done = 0; done < bytes.size();) {
      const ssize_t wrote =
          ::pwrite(fd_, bytes.data() + done, bytes.size() - done, offset + static_cast<int64_t>(done));
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) fail("write");
      done += static_cast<size_t>(wrote);
    }
    // Start the disk now: the flush at the end then has little left to do. Advice, so its failure does not matter.
    ::sync_file_range(fd_, offset, static_cast<off_t>(bytes.size()), SYNC_FILE_RANGE_WRITE);
  }

 private:
  [[noreturn]] void fail(const char* what) const {
    throw InputError(fmt::format("{}: cannot {}: {}", path_.string(), what, std::strerror(errno)));
  }
  fs::path path_;
  int fd_;
};

struct Shard {
  SafetensorsLayout layout;
  std::unique_ptr<OutputFile> file;
};

struct Place {
  OutputFile* file = nullptr;
  int64_t offset = 0;
};

// Rows row_begin..row_end of plan[tensor]; a kCodes entry brings its scales along.
struct Piece {
  size_t tensor;
  int64_t row_begin, row_end;
};

struct Writer {
  const TensorSource& source;
  std::vector<PlannedTensor> plan;
  std::map<std::string, Shard> shards;
  std::vector<Place> places;  // parallel to plan
  std::vector<Piece> pieces;

  void plan_shards() {
    std::map<std::string, std::vector<TensorInfo>> by_shard;
    for (const PlannedTensor& tensor : plan) by_shard[tensor.info.shard].push_back(tensor.info);
    for (auto& [name, tensors] : by_shard) shards[name].layout = plan_safetensors(std::move(tensors));
  }

  int64_t file_bytes() const {
    int64_t total = 0;
    for (const auto& [name, shard] : shards) total += shard.layout.file_size;
    return total;
  }

  void open_shards(const fs::path& directory) {
    std::unordered_map<std::string, Place> by_name;
    for (auto& [name, shard] : shards) {
      fs::create_directories((directory / name).parent_path());
      shard.file = std::make_unique<OutputFile>(directory / name, shard.layout.file_size);
      const std::string& header = shard.layout.header_bytes;
      shard.file->write(0, std::as_bytes(std::span(header.data(), header.size())));
      for (const SafetensorsEntry& entry : shard.layout.entries)
        by_name[entry.info.name] = {shard.file.get(), static_cast<int64_t>(header.size()) + entry.begin};
    }
    for (const PlannedTensor& tensor : plan) places.push_back(by_name.at(tensor.info.name));
  }

  void cut_pieces() {
    for (size_t i = 0; i < plan.size(); ++i) {
      if (plan[i].action == PlannedAction::kScales) continue;
      const int64_t rows = plan[i].info.rows(), step = rows_per_piece(*plan[i].source);
      for (int64_t row = 0; row < rows; row += step) pieces.push_back({i, row, std::min(row + step, rows)});
    }
  }

  // Returns the source bytes it used.
  int64_t write_piece(const Piece& piece, RowReader& reader, std::vector<uint8_t>& codes,
                      std::vector<uint16_t>& scales) {
    const PlannedTensor& tensor = plan[piece.tensor];
    const int64_t begin = tensor.row_begin + piece.row_begin, end = tensor.row_begin + piece.row_end;
    const auto rows = reader.rows(source, *tensor.source, begin, end);
    const Place& place = places[piece.tensor];
    const int64_t offset = place.offset + piece.row_begin * tensor.info.row_bytes();
    if (tensor.action == PlannedAction::kCopy) {
      place.file->write(offset, rows);
    } else {
      const int64_t width = tensor.info.row_elements();
      codes.resize(rows.size() / sizeof(uint16_t));
      scales.resize(static_cast<size_t>(piece.row_end - piece.row_begin));
      quantize_rows(tensor, piece.row_begin, width, as_bf16(rows), codes, scales);
      place.file->write(offset, std::as_bytes(std::span(codes)));
      const Place& scale_place = places[piece.tensor + 1];  // the plan puts a weight's scales right behind it
      scale_place.file->write(scale_place.offset + piece.row_begin * static_cast<int64_t>(sizeof(uint16_t)),
                              std::as_bytes(std::span(scales)));
    }
    source.release(*tensor.source, begin, end);
    return static_cast<int64_t>(rows.size());
  }

  void write_pieces(int64_t total, const std::function<void(int64_t, int64_t)>& progress) {
    std::mutex mutex;
    int64_t done = 0;
    size_t failed = pieces.size();  // the first piece that failed, so that the message does not depend on the threads
    std::exception_ptr error;
    parallel_for(static_cast<int64_t>(pieces.size()), 1, [&](int64_t first, int64_t last) {
      RowReader reader;
      std::vector<uint8_t> codes;
      std::vector<uint16_t> scales;
      for (auto i = static_cast<size_t>(first); i < static_cast<size_t>(last); ++i) {
        {
          const std::lock_guard lock(mutex);
          if (i > failed) return;
        }
        try {
          const int64_t used = write_piece(pieces[i], reader, codes, scales);
          const std::lock_guard lock(mutex);
          done += used;
          if (progress) progress(done, total);
        } catch (...) {
          const std::lock_guard lock(mutex);
          if (i < failed) failed = i, error = std::current_exception();
        }
      }
    });
    if (error) std::rethrow_exception(error);
  }
};

// Upstream keeps the name of the index that it finds and makes the usual one where there is none.
std::string index_name(const TensorSource& source) {
  const std::string usual = "model.safetensors.index.json";
  std::error_code error;
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(source.description(), error))
    if (const std::string name = entry.path().filename().string(); name.ends_with("safetensors.index.json"))
      found.push_back(name);
  return found.size() == 1 ? found.front() : usual;
}

void write_index(const fs::path& path, const std::vector<PlannedTensor>& plan, int64_t total_size) {
  PyJson weight_map = PyJson::object();
  for (const PlannedTensor& tensor : plan) weight_map.members[tensor.info.name] = PyJson::string(tensor.info.shard);
  const PyJson metadata = PyJson::object({{"total_size", PyJson::integer(total_size)}});
  write_file_atomically(path, dump_python_json(PyJson::object({{"metadata", metadata}, {"weight_map", weight_map}})));
}

bool is_copied(const SideFile& file) {
  return file.name != "config.json" && !file.name.ends_with("safetensors") &&
         !file.name.ends_with("safetensors.index.json");
}

int64_t side_file_bytes(const std::vector<SideFile>& files) {
  int64_t total = 0;
  for (const SideFile& file : files)
    total += static_cast<int64_t>(file.location.empty() ? file.content.size() : fs::file_size(file.location));
  return total;
}

void copy_side_files(const std::vector<SideFile>& files, const fs::path& directory) {
  for (const SideFile& file : files) {
    if (!is_copied(file)) continue;
    const fs::path target = directory / file.name;
    fs::create_directories(target.parent_path());
    if (file.location.empty()) {
      write_file_atomically(target, file.content);
      continue;
    }
    // Contents only, as upstream's copyfile: a read-only original must not make a folder that nobody can remove.
    write_file_atomically(target, read_text_file(file.location));
  }
}

// Replacing the source by its own output, or a folder that contains it, would destroy it.
void refuse_overlap(const TensorSource& source, const fs::path& destination) {
  std::error_code error;
  const fs::path from = fs::canonical(source.description(), error);
  if (error) return;  // not a folder on disk
  const fs::path to = fs::weakly_canonical(destination, error);
  const auto inside = [](const fs::path& inner, const fs::path& outer) {
    const fs::path relative = inner.lexically_relative(outer);
    return !relative.empty() && *relative.begin() != "..";
  };
  if (inside(from, to) || inside(to, from))
    throw InputError(
        fmt::format("{}: expected a destination apart from the source {}", destination.string(), from.string()));
}

}  // namespace

QuantizeReport quantize_checkpoint(const TensorSourcePtr& source, const std::filesystem::path& destination,
                                   const QuantizeOptions& options) {
  const auto started = std::chrono::steady_clock::now();
  PeakMemory memory;
  QuantizeReport report;
  const std::string where = source->description() + "/config.json";
  const bool has_config = !source->config_text().empty();
  const std::vector<std::string> ignore =
      !options.ignore.empty() ? options.ignore
                              : default_ignore_list(has_config ? model_type_of(source->config_text(), where) : "");
  report.warnings = recipe_warnings(*source, ignore);
  refuse_overlap(*source, destination);

  Writer writer{*source, plan_fp8(*source, ignore), {}, {}, {}};
  for (const PlannedTensor& tensor : writer.plan) {
    report.output_bytes += tensor.info.bytes();
    if (tensor.action == PlannedAction::kCodes) ++report.quantized_tensors;
    if (tensor.action == PlannedAction::kCopy) ++report.copied_tensors;
  }
  for (const TensorInfo& tensor : source->tensors()) report.source_bytes += tensor.bytes();
  const std::string config =
      has_config ? config_with_fp8(source->config_text(), where, ignore, report.quantized_tensors > 0) : std::string();
  writer.plan_shards();
  writer.cut_pieces();

  AtomicDirectory output(destination, options.force);
  const std::vector<SideFile> side_files = source->side_files();
  constexpr int64_t kMargin = int64_t{16} << 20;  // index, config and the file system's own needs
  output.require_free_space(writer.file_bytes() + side_file_bytes(side_files) + kMargin);
  copy_side_files(side_files, output.path());
  if (has_config) write_file_atomically(output.path() / "config.json", config);
  write_index(output.path() / index_name(*source), writer.plan, report.output_bytes);
  writer.open_shards(output.path());
  writer.write_pieces(report.source_bytes, options.progress);
  writer.shards.clear();
  output.commit();
  report.peak_anonymous_bytes = memory.peak_bytes();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return report;
}

}  // namespace fp8bench
