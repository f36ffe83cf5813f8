// A network for other frameworks, as an .onnx file with the weights that a session holds.
#pragma once

#include <string>
#include <vector>

#include "runtime/session.h"

namespace minnow {

struct NetworkExport {
  int64_t batch = 0;                          // 0: any, unless the model is of one size
  bool has_logits = false;                    // ends before the softmax or sigmoid
  std::vector<std::string> class_names = {};  // kept in the file where there are any
};

// Written whole or not at all.
//
// Errors: a program of which the logits are asked for; an op or a shape that ONNX has no form for; the file.
Status export_network(const Session& session, const NetworkExport& what, const std::string& path);

}  // namespace minnow
