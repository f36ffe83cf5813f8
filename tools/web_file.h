// `compile --emit=web`: a model or a run as a page.
#pragma once

#include <string>
#include <vector>

#include "passes/pass_runner.h"
#include "tools/flags/flags.h"

namespace minnow {

struct WebFlags {
  std::string weights;  // a file or a run; empty: those of the run, else drawn
  std::string file;
  std::vector<Pass> pipeline;
  DataFlags data;
};

// Says on stdout what is in it.
Status write_web(const ModelFlags& model, const BackendFlags& backend, const WebFlags& flags);

}  // namespace minnow
