// A directory of safetensors shards: `model.safetensors`, or shards with an index; also a snapshot of a Hugging Face
// cache, whose shards are symbolic links (a shard is called by its link's name). Index and shards must agree in every
// tensor: a tensor that the index forgets would be dropped silently by most tools.
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <system_error>
#include <unordered_map>

#include "harness/checkpoint/safetensors.h"
#include "harness/checkpoint/tensor_source.h"
#include "harness/io/error.h"
#include "harness/io/strict_json.h"
#include "harness/io/text_file.h"

namespace fp8bench {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSingleFile = "model.safetensors";
constexpr const char* kIndexSuffix = ".safetensors.index.json";

bool ends_with_shard_suffix(const std::string& name) { return name.ends_with(".safetensors"); }

// `models--org--name` of a Hugging Face cache is resolved to the snapshot that refs/main names, or to the only one.
fs::path resolve_cache_folder(const fs::path& directory) {
  std::error_code ignored;
  if (!fs::is_directory(directory / "snapshots", ignored) || fs::exists(directory / "config.json", ignored))
    return directory;
  if (fs::is_regular_file(directory / "refs" / "main", ignored)) {
    std::string revision = read_text_file(directory / "refs" / "main");
    while (!revision.empty() && (revision.back() == '\n' || revision.back() == '\r')) revision.pop_back();
    return directory / "snapshots" / revision;
  }
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(directory / "snapshots"))
    found.push_back(entry.path().filename().string());
  std::sort(found.begin(), found.end());
  if (found.size() != 1)
    throw InputError(fmt::format("{}: expected refs/main or one snapshot, found {} snapshots [{}]", directory.string(),
                                 found.size(), fmt::join(found, ", ")));
  return directory / "snapshots" / found.front();
}

// Every file below `directory` as a relative path, sorted. Left out: caches and version control, whose bytes are no
// part of the checkpoint (git stores a second copy of every shard).
std::vector<std::string> list_files(const fs::path& directory) {
  std::vector<std::string> files;
  std::error_code error;
  fs::recursive_directory_iterator walk(directory, error);
  for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
    const std::string name = walk->path().lexically_relative(directory).generic_string();
    const bool skipped = name.starts_with(".cache") || name.starts_with(".gitattributes") || name == ".git";
    std::error_code ignored;
    if (walk->is_directory(ignored)) {
      if (skipped) walk.disable_recursion_pending();
    } else if (!skipped) {
      files.push_back(name);
    }
  }
  if (error) throw InputError(fmt::format("{}: cannot list the folder: {}", directory.string(), error.message()));
  std::sort(files.begin(), files.end());
  return files;
}

// Empty when there is none.
std::string find_index(const fs::path& directory, const std::vector<std::string>& files) {
  std::vector<std::string> found;
  for (const std::string& name : files)
    if (name.ends_with(kIndexSuffix)) found.push_back(name);
  const std::string usual = std::string("model") + kIndexSuffix;
  if (std::find(found.begin(), found.end(), usual) != found.end()) return usual;
  if (found.size() > 1)
    throw InputError(fmt::format("{}: expected one *{}, found {}: {}", directory.string(), kIndexSuffix, found.size(),
                                 fmt::join(found, ", ")));
  return found.empty() ? std::string() : found.front();
}

[[noreturn]] void fail_all(const std::string& where, const std::vector<std::string>& problems) {
  throw InputError(fmt::format("{}: {} problem{}:\n  {}", where, problems.size(), problems.size() == 1 ? "" : "s",
                               fmt::join(problems, "\n  ")));
}

class SafetensorsSource final : public TensorSource {
 public:
  explicit SafetensorsSource(const fs::path& directory)
      : directory_(resolve_cache_folder(directory)), description_(directory.string()) {
    std::error_code ignored;
    if (!fs::is_directory(directory_, ignored))
      throw InputError(fmt::format("{}: expected a checkpoint folder, found {}", directory_.string(),
                                   fs::exists(directory_, ignored) ? "a file" : "nothing"));
    const std::vector<std::string> files = list_files(directory_);
    const std::string index = find_index(directory_, files);
    const auto names = index.empty() ? single_file(files) : indexed_shards(index, files);
    for (const std::string& name : names) open_shard(name);
    if (!index.empty()) check_index(index);
    if (std::find(files.begin(), files.end(), "config.json") != files.end())
      config_ = read_text_file(directory_ / "config.json");
    for (const std::string& name : files)
      if (!ends_with_shard_suffix(name) && name != index && name != "config.json")
        side_files_.push_back({name, directory_ / name, {}});
  }

  std::string description() const override { return description_; }
  const std::vector<TensorInfo>& tensors() const override { return tensors_; }
  const std::string& config_text() const override { return config_; }
  std::vector<SideFile> side_files() const override { return side_files_; }

  void read_rows(const TensorInfo& tensor, int64_t row_begin, int64_t row_end,
                 std::span<std::byte> out) const override {
    const auto part = rows(tensor, row_begin, row_end);
    if (part.size() != out.size())
      throw std::invalid_argument(fmt::format("tensor '{}': rows {} to {} are {} bytes, the buffer has {}", tensor.name,
                                              row_begin, row_end, part.size(), out.size()));
    if (!part.empty()) std::memcpy(out.data(), part.data(), part.size());
  }

  std::span<const std::byte> view(const TensorInfo& tensor) const override {
    const auto whole = rows(tensor, 0, tensor.rows());
    // The format allows data at any offset; a reader of uint16_t may not look at an odd address.
    const auto alignment = static_cast<uintptr_t>(std::max<int64_t>(1, dtype_bits(tensor.dtype) / 8));
    return reinterpret_cast<uintptr_t>(whole.data()) % alignment == 0 ? whole : std::span<const std::byte>{};
  }

  void release(const TensorInfo& tensor, int64_t row_begin, int64_t row_end) const override {
    shards_[place(tensor).shard].file.release(rows(tensor, row_begin, row_end));
  }

 private:
  struct Shard {
    std::string name;  // relative path
    SafetensorsFile file;
  };
  struct Place {
    size_t shard, entry;
  };

  std::vector<std::string> single_file(const std::vector<std::string>& files) const {
    std::vector<std::string> shards;
    for (const std::string& name : files)
      if (ends_with_shard_suffix(name)) shards.push_back(name);
    if (shards.size() == 1 && shards.front() == kSingleFile) return shards;
    throw InputError(fmt::format("{}: expected {} alone, or shards with a *{}, found {}", directory_.string(),
                                 kSingleFile, kIndexSuffix,
                                 shards.empty() ? "no *.safetensors" : fmt::format("{}", fmt::join(shards, ", "))));
  }

  // Reads the index and compares its list of shards with the folder's.
  std::vector<std::string> indexed_shards(const std::string& index, const std::vector<std::string>& files) {
    const std::string where = (directory_ / index).string();
    const nlohmann::json json = parse_strict_json(read_text_file(directory_ / index), where);
    if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object())
      throw InputError(fmt::format("{}: expected an object \"weight_map\", found none", where));
    std::set<std::string> named;
    std::vector<std::string> problems;
    for (const auto& [tensor, shard] : json["weight_map"].items()) {
      if (!shard.is_string())
        throw InputError(
            fmt::format("{}: tensor '{}': expected a shard's name, found {}", where, tensor, shown(shard)));
      weight_map_[tensor] = shard.get<std::string>();
      named.insert(shard.get<std::string>());
    }
    for (const std::string& shard : named) {
      const fs::path relative(shard);
      const bool escapes =
          relative.is_absolute() || std::find(relative.begin(), relative.end(), "..") != relative.end();
      if (escapes || !ends_with_shard_suffix(shard)) {
        problems.push_back(fmt::format("shard '{}': expected a *.safetensors inside the folder", shard));
      } else if (std::error_code ignored; !fs::is_regular_file(directory_ / relative, ignored)) {
        const bool link = fs::is_symlink(directory_ / relative, ignored);
        problems.push_back(fmt::format("shard '{}': the index names it, found {}", shard,
                                       link ? "a link to nothing" : "no such file"));
      }
    }
    for (const std::string& name : files)
      if (ends_with_shard_suffix(name) && !named.contains(name))
        problems.push_back(fmt::format("shard '{}': expected at least one entry in the index, found none", name));
    if (!problems.empty()) fail_all(where, problems);
    return {named.begin(), named.end()};
  }

  void open_shard(const std::string& name) {
    shards_.push_back({name, SafetensorsFile(directory_ / name)});
    const auto& entries = shards_.back().file.header().entries;
    for (size_t i = 0; i < entries.size(); ++i) {
      tensors_.push_back(entries[i].info);
      tensors_.back().shard = name;
      places_.emplace(entries[i].info.name, Place{shards_.size() - 1, i});
    }
  }

  void check_index(const std::string& index) {
    std::vector<std::string> problems;
    for (const TensorInfo& tensor : tensors_) {
      const auto entry = weight_map_.find(tensor.name);
      if (entry == weight_map_.end())
        problems.push_back(fmt::format("tensor '{}': expected an entry in the index, found it only in shard '{}'",
                                       tensor.name, tensor.shard));
      else if (entry->second != tensor.shard)
        problems.push_back(
            fmt::format("tensor '{}': expected it in shard '{}' as the index says, found it in shard '{}'", tensor.name,
                        entry->second, tensor.shard));
    }
    for (const auto& [name, shard] : weight_map_)
      if (!places_.contains(name))
        problems.push_back(
            fmt::format("tensor '{}': expected it in shard '{}' as the index says, found it nowhere", name, shard));
    if (!problems.empty()) fail_all((directory_ / index).string(), problems);
    weight_map_.clear();
  }

  Place place(const TensorInfo& tensor) const {
    const auto found = places_.find(tensor.name);
    if (found == places_.end())
      throw InputError(fmt::format("{}: expected a tensor '{}', found none", description_, tensor.name));
    return found->second;
  }

  std::span<const std::byte> rows(const TensorInfo& tensor, int64_t row_begin, int64_t row_end) const {
    const auto [shard, entry] = place(tensor);
    const SafetensorsEntry& stored = shards_[shard].file.header().entries[entry];
    const int64_t row_bytes = stored.info.row_bytes();
    if (row_bytes * stored.info.rows() != stored.end - stored.begin)
      throw InputError(fmt::format("{}: tensor '{}': expected rows of whole bytes, found {} of {} elements",
                                   description_, tensor.name, dtype_name(stored.info.dtype),
                                   stored.info.row_elements()));
    if (row_begin < 0 || row_end < row_begin || row_end > stored.info.rows())
      throw std::invalid_argument(
          fmt::format("tensor '{}': rows {} to {} of {}", tensor.name, row_begin, row_end, stored.info.rows()));
    return shards_[shard].file.bytes(stored).subspan(static_cast<size_t>(row_begin * row_bytes),
                                                     static_cast<size_t>((row_end - row_begin) * row_bytes));
  }

  fs::path directory_;
  std::string description_, config_;
  std::vector<SideFile> side_files_;
  std::vector<Shard> shards_;
  std::vector<TensorInfo> tensors_;
  std::unordered_map<std::string, Place> places_;  // by name: callers may hold copies of a TensorInfo
  std::map<std::string, std::string> weight_map_;  // of the index, until it has been checked
};

}  // namespace

TensorSourcePtr open_safetensors_source(const std::filesystem::path& directory) {
  return std::make_shared<SafetensorsSource>(directory);
}

}  // namespace fp8bench
