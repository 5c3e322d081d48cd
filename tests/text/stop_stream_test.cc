#include "harness/text/stop_stream.h"

#include <algorithm>
#include <catch2/catch.hpp>

namespace fp8bench::test {
namespace {

std::string streamed(const std::string& text, const std::vector<std::string>& stops, size_t step, bool* stopped) {
  StopStream stream(stops);
  std::string out;
  for (size_t at = 0; at < text.size(); at += step) out += stream.feed(std::string_view(text).substr(at, step));
  *stopped = stream.stopped();
  return out + stream.finish();
}

}  // namespace

TEST_CASE("a stream stops where the whole text does, however it is cut") {
  const std::vector<std::string> texts = {"", "abc", "aab aabaac tail", "Question", "Question: x", "\n\nQ:", "ababab"};
  const std::vector<std::string> stops = {"Question:", "aac", "abab", "\n\nQ", ""};
  for (const std::string& text : texts) {
    size_t end = std::string::npos;
    for (const std::string& stop : stops)
      if (!stop.empty()) end = std::min(end, text.find(stop));
    for (size_t step = 1; step <= 4; ++step) {
      INFO("'" << text << "' in steps of " << step);
      bool stopped = false;
      CHECK(streamed(text, stops, step, &stopped) == text.substr(0, end));
      CHECK(stopped == (end != std::string::npos));
    }
  }
}

TEST_CASE("only what may become a stop string is held back") {
  StopStream stream({"END"});
  CHECK(stream.feed("the E") == "the ");
  CHECK(stream.feed("N") == "");
  CHECK(stream.feed("d") == "ENd");
  CHECK(stream.feed("END and more") == "");
  CHECK(stream.stopped());
  CHECK(stream.feed("again") == "");
  CHECK(stream.finish() == "");
}

}  // namespace fp8bench::test
