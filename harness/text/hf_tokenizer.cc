#include "harness/text/hf_tokenizer.h"

#include <fmt/core.h>

#include <algorithm>

#include "harness/io/error.h"
#include "harness/text/utf8.h"

namespace fp8bench {

HfTokenizer::HfTokenizer(std::unique_ptr<const HfParts> parts) : parts_(std::move(parts)) {
  bos_ = parts_->bos;
  eos_ = parts_->eos;
}

std::vector<int32_t> HfTokenizer::encode(std::string_view text, bool add_special) const {
  std::string replaced;
  if (!is_valid_utf8(text)) text = replaced = replace_invalid_utf8(text);
  std::vector<int32_t> ids;
  for (const Segment& segment : parts_->raw.split(text)) {
    if (segment.id >= 0) {
      ids.push_back(segment.id);
    } else {
      encode_text(text.substr(segment.begin, segment.end - segment.begin), segment.begin == 0, ids);
    }
  }
  if (!add_special) return ids;
  const auto& [before, after] = parts_->surrounding;
  if (ids.size() < before.size() || !std::equal(before.begin(), before.end(), ids.begin()))
    ids.insert(ids.begin(), before.begin(), before.end());
  ids.insert(ids.end(), after.begin(), after.end());
  return ids;
}

void HfTokenizer::encode_text(std::string_view text, bool at_text_start, std::vector<int32_t>& ids) const {
  const std::string normal = parts_->normalizer(std::string(text));
  if (parts_->normalized.empty()) return encode_normalized(normal, at_text_start, ids);
  for (const Segment& segment : parts_->normalized.split(normal)) {
    if (segment.id >= 0) {
      ids.push_back(segment.id);
    } else {
      encode_normalized(std::string_view(normal).substr(segment.begin, segment.end - segment.begin),
                        at_text_start && segment.begin == 0, ids);
    }
  }
}

void HfTokenizer::encode_normalized(std::string_view text, bool at_text_start, std::vector<int32_t>& ids) const {
  if (text.empty()) return;
  Pieces pieces{std::string(text), {text.size()}, at_text_start};
  parts_->pre_tokenizer(pieces);
  for (size_t i = 0; i < pieces.size(); ++i) parts_->model->encode(pieces[i], ids);
}

std::string HfTokenizer::decode(std::span<const int32_t> ids, bool skip_special) const {
  std::vector<std::string> parts;
  parts.reserve(ids.size());
  for (const int32_t id : ids) {
    const std::string& text = piece(id);
    if (skip_special && parts_->special[static_cast<size_t>(id)]) continue;
    const auto normal = parts_->normalized_content.find(id);
    parts.push_back(normal == parts_->normalized_content.end() ? text : normal->second);
  }
  parts_->decoder(parts);
  std::string text;
  for (const std::string& part : parts) text += part;
  return text;
}

std::optional<int32_t> HfTokenizer::id_of(std::string_view piece) const {
  if (const auto found = parts_->added.find(std::string(piece)); found != parts_->added.end()) return found->second;
  if (const auto found = parts_->vocabulary.find(piece); found != parts_->vocabulary.end()) return found->second;
  return std::nullopt;
}

const std::string& HfTokenizer::piece(int32_t id) const {
  if (id < 0 || id >= vocab_size() || !parts_->known[static_cast<size_t>(id)])
    throw InputError(fmt::format("{}: expected the id of a token, 0 to {}, found {}", where(), vocab_size() - 1, id));
  return parts_->pieces[static_cast<size_t>(id)];
}

bool HfTokenizer::is_special(int32_t id) const {
  return id >= 0 && id < vocab_size() && parts_->special[static_cast<size_t>(id)];
}

}  // namespace fp8bench
