// A text cut into pieces: what pre-tokenizers take and give.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fp8bench {

struct Pieces {
  std::string text;
  std::vector<size_t> ends;    // of each piece, ascending; the last is text.size(); no piece is empty
  bool at_text_start = false;  // the first piece begins where the whole text begins

  size_t size() const { return ends.size(); }
  std::string_view operator[](size_t i) const {
    const size_t begin = i == 0 ? 0 : ends[i - 1];
    return std::string_view(text).substr(begin, ends[i] - begin);
  }
  // Ends a piece where the text ends now; nothing when it would be empty.
  void close() {
    if (text.size() > (ends.empty() ? 0 : ends.back())) ends.push_back(text.size());
  }
};

}  // namespace fp8bench
