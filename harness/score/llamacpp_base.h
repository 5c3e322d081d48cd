// Reader of llama.cpp's base-logits files (--kl-divergence-base of tools/perplexity), so that its runs and ours can be
// compared.
//   "_logits_" | int32 n_ctx, n_vocab, n_chunk | int32 tokens[n_chunk][n_ctx] | records
//   record: float32 scale, float32 min_log_prob, n_vocab uint16 codes (one more if n_vocab is odd); ln p = scale * code
//   + min_log_prob
// Record j of a chunk is the output at position n_ctx/2 + j and scores token n_ctx/2 + 1 + j, for j < n_ctx - 1 -
// n_ctx/2. The file has no hash, model or tokenizer in it: that two files belong together can only be seen from their
// tokens.
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "harness/io/mapped_file.h"
#include "harness/score/token_divergence.h"

namespace fp8bench {

class LlamaCppBase {
 public:
  // Throws InputError: wrong magic, impossible sizes, file shorter or longer than its header says, token outside the
  // vocabulary.
  explicit LlamaCppBase(const std::filesystem::path& path);
  int64_t context() const { return context_; }
  int64_t vocab() const { return vocab_; }
  int64_t chunks() const { return chunks_; }
  int64_t scored_per_chunk() const { return context_ - 1 - context_ / 2; }
  int64_t records() const { return chunks_ * scored_per_chunk(); }
  const std::vector<int32_t>& tokens() const { return tokens_; }  // (chunks, context)
  int32_t target(int64_t record) const;
  const std::filesystem::path& path() const { return file_.path(); }
  // ln p of a record, (vocab). Throws InputError if its scale or minimum is not finite.
  void log_probabilities(int64_t record, std::vector<double>& out) const;

 private:
  MappedFile file_;
  int64_t context_ = 0, vocab_ = 0, chunks_ = 0;
  std::vector<int32_t> tokens_;
  size_t records_at_ = 0, record_bytes_ = 0;
};

// Every scored token of two files of the same text; document = chunk. Throws InputError if sizes or tokens differ.
std::vector<TokenDivergence> compare_llamacpp_bases(const LlamaCppBase& base, const LlamaCppBase& candidate);

}  // namespace fp8bench
