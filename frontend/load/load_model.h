// Reads a model file and remembers where each of its fields was written, so that every later complaint about
// the model points into the file.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/load/read_bytes.h"
#include "frontend/schema/model.pb.h"
#include "ir/error.h"

namespace minnow {

class OnnxFile;  // frontend/onnx/onnx_file.h
struct Program;  // program.h

// A field path is the names of the fields from the root, joined by dots; elements of a repeated field follow
// it by index: "training.learning_rate", "layers.2.conv2d.kernel.0".
struct LoadedModel {
  Model model;
  std::string path;                           // the file
  bool is_text = true;                        // or binary
  std::map<std::string, std::string> places;  // field path → "file:line:column" or "--set training.seed"
  // What `network` holds, once the model is complete; null where there are layers.
  std::shared_ptr<const Program> program = nullptr;
  std::shared_ptr<const OnnxFile> graph = nullptr;

  // Where the field was written: its place or that of the nearest message around it; for a binary file the
  // file and the path with names for indices, "lenet.binpb: layers.conv2.conv2d.kernel".
  std::string where(std::string_view field_path) const;
  // Only the graph of an .onnx file can do without a loss: it computes, but does not learn.
  bool has_loss() const { return graph == nullptr || model.loss().kind_case() != spec::Loss::KIND_NOT_SET; }
};

// Reads text or binary, whichever the file holds (`.textproto`, `.txtpb`, `.pbtxt` and `.txt` are always
// text). A file of IR, `.ir`, or of ONNX, `.onnx`, is the network of a model that says nothing else. Refused, with the
// place: no such file, a folder, an empty file, more than kMaxModelBytes, syntax errors, unknown fields, messages
// nested deeper than kMaxModelNesting. Says nothing about whether the model makes sense: see validate_model.h.
Result<LoadedModel> load_model(const std::string& path);

// The same for text that is already in memory; `path` is only named in messages.
Result<LoadedModel> parse_model_text(std::string_view text, const std::string& path);

// The file in the opposite direction, `# proto-file:` lines included.
std::string model_to_text(const Model& model);

// The place of the field or of the nearest message around it; empty if none is known.
std::string nearest_place(const std::map<std::string, std::string>& places, std::string_view field_path);

// An error for a graph without a loss, of which nothing can be learnt.
Status check_has_loss(const LoadedModel& loaded);

// What is left of the way in once fields are set: expand blocks or read the program, fill in defaults, validate.
Status complete_model(LoadedModel& loaded);

// The whole way in: load, apply "a.b.c=value" assignments, expand blocks, fill in defaults, validate.
Result<LoadedModel> read_experiment(const std::string& path, const std::vector<std::string>& assignments = {});

inline constexpr int kMaxModelNesting = 100;

}  // namespace minnow
