// Labelled examples, in memory or in files that are mapped into it, and the readers that make them. Readers check every
// size against the file before they allocate, and report each mistake with the file and the place in it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "interpreter/tensor.h"
#include "ir/error.h"
#include "runtime/data/mapped_file.h"
#include "runtime/data/png.h"

namespace minnow {

// Tokens in a row.
struct TokenSequence {
  Tensor values;                      // i32 [L] tokens, or u8 [L], of which each byte stands for one
  std::vector<int32_t> numbers = {};  // the token of each of the 256 bytes, where they do

  int64_t size() const { return values.dim(0); }
  // Tokens from `begin` on, as many as `to` takes.
  void copy(int64_t begin, std::span<int32_t> to) const;
};

// Examples that are windows of one sequence of tokens, each a few tokens of it away from the next. Whatever asks for a
// row means the place where its window begins, counted from `first`.
struct TokenWindows {
  std::shared_ptr<const TokenSequence> tokens;
  int64_t first = 0;   // of these tokens, where the first window begins
  int64_t length = 1;  // of a window; its targets are the tokens one further
  int64_t stride = 1;  // from one window to the next
  int64_t count = 0;   // windows in a row
  int64_t places = 0;  // where windows may begin
  int64_t draws = 0;   // windows of an epoch at random places; 0: those in a row, each once
};

struct Dataset {
  std::string name;
  Tensor examples;                       // u8 [N,C,H,W] as images lie in the file, f32 [N,...] or i32 [N,...] tokens
  Tensor labels;                         // i32 [N,...] class numbers, or f32 [N,K] targets of a regression
  std::vector<std::string> class_names;  // empty for a regression
  std::vector<std::string> feature_names = {};  // of the columns of a table that names them
  std::string read_as = {};                     // what the reader decided by itself, for the user to see; or empty
  std::vector<std::string> notes = {};          // what was left out, a line each
  // What further inputs and targets of a network are fed, by their names; examples are its first input, labels its
  // first target.
  std::map<std::string, Tensor, std::less<>> others = {};
  // In place of examples and labels, which are then i32 [0,length].
  std::optional<TokenWindows> windows = {};
  // By which bytes are multiplied where a network is fed numbers.
  float byte_scale = 1;
  // In which some of the tensors lie.
  MappedFiles files = {};

  // Examples of an epoch.
  int64_t size() const {
    if (!windows) return examples.dim(0);
    return windows->draws > 0 ? windows->draws : windows->count;
  }
  int64_t classes() const { return static_cast<int64_t>(class_names.size()); }
  // Without labels these are [0].
  bool has_labels() const { return windows || labels.dim(0) > 0 || size() == 0; }
};

struct DataSplits {
  Dataset train;
  Dataset validation;
};

// An error names a file that has changed since it was opened; what has been read of it since then may be wrong.
Status check_unchanged(const Dataset& dataset);
// Makes numbers of bytes that are to be multiplied, for whoever takes tensors as they are.
void scale_bytes(Dataset& dataset);

// Every label i32 [N,...] lies in [0, classes), or is `ignored`, else an error that names the file, the first bad index
// and its label.
Status check_labels(const Tensor& labels, int64_t classes, const std::string& file,
                    std::optional<int32_t> ignored = {});
// Every token i32 [N,...] lies in [0, vocabulary), else an error that names the file, the token and its place.
Status check_tokens(const Tensor& tokens, int64_t vocabulary, const std::string& file);
// Every number is finite as f32, too, else an error that names the file, the row and the column.
Status check_finite(const Tensor& tensor, const std::string& file);
// A target of binary cross-entropy lies within 0 to 1, else an error at `where`; `which` names it further: " of example
// 3".
Status check_probability(float target, const std::string& where, std::string_view which);
// All of f32 [N,...] do.
Status check_probabilities(const Tensor& targets, const std::string& file);
// "0", "1", ...: names for classes that have none.
std::vector<std::string> numbered_classes(int64_t count);
// Of the label, which may be none of them, such as one that is ignored.
std::string class_name(const std::vector<std::string>& class_names, int32_t label);
// One more than the largest label of i32 [N].
int64_t count_classes(const Tensor& labels);
// Examples [first, first + count), in order, as a dataset of their own.
Dataset slice_dataset(const Dataset& dataset, int64_t first, int64_t count);
// So many examples, drawn at random, always the same, validate, the others train, both in order.
// 0 < validation_count < size(), and the dataset has no windows.
DataSplits split_dataset(const Dataset& dataset, int64_t validation_count);

// IDX, the format of MNIST (yann.lecun.com/exdb/mnist), plain or gzipped. Only unsigned bytes, one to four
// dimensions. With `files` a plain one may stay where it is, as one of these.
Result<Tensor> read_idx(const std::string& path, MappedFiles* files = nullptr);
// Images [N,H,W] or [N,C,H,W] with labels [N]. With no class names, classes are numbered up to the largest
// label.
Result<Dataset> read_idx_dataset(const std::string& images, const std::string& labels, std::string name,
                                 std::vector<std::string> class_names);

// What is to be predicted, of which labels may be known.
struct CsvQuestion {
  int64_t features = 0;  // that the network is fed
  // What the columns of the training table are called, if they are.
  std::vector<std::string> feature_names = {};
  std::vector<std::string> label_names = {};
};

// How to read a CSV file. `= {}` keeps designated initialisers free of warnings.
struct CsvOptions {
  // By number from 0, negative from the end, or by header name. None: the last column.
  std::vector<std::string> label_columns = {};
  bool is_regression = false;                 // labels are f32 [N,K]; otherwise one column of classes
  bool is_binary = false;                     // those of a regression lie within 0 to 1
  std::optional<char> separator = {};         // unset: found in the file, see split_csv
  std::optional<bool> has_header = {};        // unset: if all cells of the first row are names
  int64_t max_classes = 65536;                // class numbers lie below
  bool has_all_classes = false;               // numbers are of as many classes as that, whether or not all occur
  std::vector<std::string> class_names = {};  // known beforehand, as from the training file; otherwise learnt
  // Rows to be predicted: columns go by name where both tables have names, what is left over being left out; else there
  // are as many as features, or as many as with the labels. Where labels are missing there are none, [0].
  std::optional<CsvQuestion> asked = {};
};
// Features are f32 [N,F], classes as number_classes makes them (csv_classes.h). A gap, or a row of another length, is
// an error with its place.
Result<Dataset> read_csv(const std::string& path, const CsvOptions& options);
// What the columns of features and of labels are called; nothing without a header.
struct CsvNames {
  std::vector<std::string> features, labels;
};
Result<CsvNames> read_csv_names(const std::string& path, const CsvOptions& options);

struct PictureSize {
  int64_t height = 1, width = 1;
};
struct PngFolderOptions {
  std::optional<PngChannels> channels = {};  // unset: colour if any picture has it
  std::optional<PictureSize> size = {};      // to resize all to; unset: that of the first, which all must have
};
// A folder with one subfolder per class, named for it and taken in alphabetical order, of PNG files. Examples are
// u8 [N,C,H,W], or f32 of 0 to 255 where a picture has 16 bits. The classes take turns: the first picture of each, then
// the second of each. Hidden files, __MACOSX and whatever else is no picture of a class are left out, which a note
// says.
Result<Dataset> read_png_folder(const std::string& path, const PngFolderOptions& options = {});

}  // namespace minnow
