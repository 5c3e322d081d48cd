// One level of recursion of a running template.
#pragma once
#include "harness/text/jinja/renderer.h"

namespace fp8bench::jinja {

class Renderer::Level {
 public:
  explicit Level(Renderer& renderer) : renderer_(renderer) {
    renderer_.step();
    if (renderer_.depth_ >= renderer_.limits().depth) throw Fault("the template recurses too deeply");
    ++renderer_.depth_;
  }
  ~Level() { --renderer_.depth_; }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;

 private:
  Renderer& renderer_;
};

}  // namespace fp8bench::jinja
