#include "harness/score/llamacpp_base.h"

#include <fmt/core.h>

#include <cmath>
#include <cstring>

#include "harness/io/error.h"

namespace fp8bench {
namespace {

constexpr char kMagic[] = "_logits_";
constexpr size_t kMagicBytes = 8, kHeaderBytes = kMagicBytes + 3 * sizeof(int32_t);

template <class T>
T read(std::span<const std::byte> bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& what) {
  throw InputError(fmt::format("{}: llama.cpp base file: {}", path.string(), what));
}

}  // namespace

LlamaCppBase::LlamaCppBase(const std::filesystem::path& path) : file_(path) {
  const auto bytes = file_.bytes();
  if (bytes.size() < kHeaderBytes || std::memcmp(bytes.data(), kMagic, kMagicBytes) != 0) {
    refuse(path, fmt::format("expected the magic \"{}\" and 12 bytes of sizes at byte 0, found {} bytes without it",
                             kMagic, bytes.size()));
  }
  context_ = read<int32_t>(bytes, kMagicBytes);
  vocab_ = read<int32_t>(bytes, kMagicBytes + 4);
  chunks_ = read<int32_t>(bytes, kMagicBytes + 8);
  if (context_ < 3 || vocab_ < 2 || chunks_ < 1) {
    refuse(path, fmt::format("byte 8: expected n_ctx >= 3, n_vocab >= 2, n_chunk >= 1, found {}, {}, {}", context_,
                             vocab_, chunks_));
  }
  // All factors are below 2^31: double holds the order of magnitude, and nothing is multiplied before it is known to
  // fit.
  record_bytes_ = 2 * (2 * ((static_cast<size_t>(vocab_) + 1) / 2) + 4);
  const double wanted =
      kHeaderBytes + 4.0 * static_cast<double>(chunks_) * static_cast<double>(context_) +
      static_cast<double>(chunks_) * static_cast<double>(scored_per_chunk()) * static_cast<double>(record_bytes_);
  if (wanted != static_cast<double>(bytes.size())) {
    refuse(path, fmt::format("expected {:.0f} bytes (n_ctx {}, n_vocab {}, n_chunk {}), found {}", wanted, context_,
                             vocab_, chunks_, bytes.size()));
  }
  tokens_.resize(static_cast<size_t>(chunks_ * context_));
  std::memcpy(tokens_.data(), bytes.data() + kHeaderBytes, tokens_.size() * sizeof(int32_t));
  for (size_t i = 0; i < tokens_.size(); ++i) {
    if (tokens_[i] < 0 || tokens_[i] >= vocab_) {
      refuse(path, fmt::format("token {} at byte {}: expected an id below {}, found {}", i, kHeaderBytes + 4 * i,
                               vocab_, tokens_[i]));
    }
  }
  records_at_ = kHeaderBytes + 4 * tokens_.size();
}

int32_t LlamaCppBase::target(int64_t record) const {
  const int64_t chunk = record / scored_per_chunk(), j = record % scored_per_chunk();
  return tokens_[static_cast<size_t>(chunk * context_ + context_ / 2 + 1 + j)];
}

void LlamaCppBase::log_probabilities(int64_t record, std::vector<double>& out) const {
  const size_t at = records_at_ + static_cast<size_t>(record) * record_bytes_;
  const auto bytes = file_.bytes();
  const double scale = read<float>(bytes, at), minimum = read<float>(bytes, at + 4);
  if (!std::isfinite(scale) || !std::isfinite(minimum)) {
    refuse(path(), fmt::format("record {} at byte {}: expected a finite scale and minimum, found {} and {}", record, at,
                               scale, minimum));
  }
  out.resize(static_cast<size_t>(vocab_));
  for (size_t i = 0; i < out.size(); ++i) out[i] = scale * read<uint16_t>(bytes, at + 8 + 2 * i) + minimum;
}

std::vector<TokenDivergence> compare_llamacpp_bases(const LlamaCppBase& base, const LlamaCppBase& candidate) {
  if (base.context() != candidate.context() || base.vocab() != candidate.vocab() ||
      base.chunks() != candidate.chunks() || base.tokens() != candidate.tokens()) {
    throw InputError(
        fmt::format("{} and {}: expected the same n_ctx, n_vocab, n_chunk and tokens, found {}, {}, {} and {}, "
                    "{}, {}{}",
                    base.path().string(), candidate.path().string(), base.context(), base.vocab(), base.chunks(),
                    candidate.context(), candidate.vocab(), candidate.chunks(),
                    base.tokens() == candidate.tokens() ? "" : " with other tokens"));
  }
  std::vector<TokenDivergence> out;
  std::vector<double> logp;
  WordDistribution p, q;
  for (int64_t record = 0; record < base.records(); ++record) {
    base.log_probabilities(record, logp);
    set_from_log_probabilities(logp, p);
    candidate.log_probabilities(record, logp);
    set_from_log_probabilities(logp, q);
    TokenDivergence token = token_divergence(p, q, base.target(record));
    token.sequence = token.document = static_cast<int32_t>(record / base.scored_per_chunk());
    token.position = static_cast<int32_t>(base.context() / 2 + record % base.scored_per_chunk());
    out.push_back(token);
  }
  return out;
}

}  // namespace fp8bench
