// `compile --emit=web`: one page with a network in it, to be asked and trained in a browser. It works from file:// and
// fetches nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "codegen/bundle/bundle.h"
#include "codegen/bundle/wasm_module.h"
#include "runtime/data/dataset.h"
#include "runtime/session.h"
#include "tools/web/page_data.h"

namespace minnow {

struct WebPage {
  std::string title;  // any text
  // "net", of @infer and, where the page trains, @evaluate and @train_step, with the weights to be loaded; the same,
  // linked.
  const Bundle& bundle;
  const WasmModule& code;
  const Session& session;
  std::vector<std::string> class_names;
  std::string weights;               // a file of safetensors that the bundle loads
  std::optional<std::string> fresh;  // another, of those that training begins with
  // What the page learns from, if it is to have that with it, and of how many examples its training ones are a part.
  // GLYPHS it draws itself.
  std::optional<DataSplits> data;
  int64_t training_examples = 0;
  std::vector<Brightness> brightness;  // of each input
};

std::string web_page(const WebPage& page);

}  // namespace minnow
