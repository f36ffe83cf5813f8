// Labelled examples in memory, and the readers that make them. Readers check every size against the file
// before they allocate, and report each mistake with the file and the place in it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "interpreter/tensor.h"
#include "ir/error.h"

namespace minnow {

struct Dataset {
  std::string name;
  Tensor examples;                              // u8 [N,C,H,W] as images lie in the file, or f32 [N,...] numbers
  Tensor labels;                                // i32 [N] class numbers, or f32 [N,K] targets of a regression
  std::vector<std::string> class_names;         // empty for a regression
  std::vector<std::string> feature_names = {};  // of the columns of a table that names them
  std::string read_as = {};                     // what the reader decided by itself, for the user to see; or empty
  std::vector<std::string> notes = {};          // what was left out, a line each

  int64_t size() const { return examples.dim(0); }
  int64_t classes() const { return static_cast<int64_t>(class_names.size()); }
};

struct DataSplits {
  Dataset train;
  Dataset validation;
};

// Every label i32 [N] lies in [0, classes), else an error that names the file, the first bad index and its
// label.
Status check_labels(const Tensor& labels, int64_t classes, const std::string& file);
// Every number is finite as f32, too, else an error that names the file, the row and the column.
Status check_finite(const Tensor& tensor, const std::string& file);
// A target of binary cross-entropy lies within 0 to 1, else an error at `where`; `which` names it further: " of example
// 3".
Status check_probability(float target, const std::string& where, std::string_view which);
// All of f32 [N,...] do.
Status check_probabilities(const Tensor& targets, const std::string& file);
// "0", "1", ...: names for classes that have none.
std::vector<std::string> numbered_classes(int64_t count);
// One more than the largest label of i32 [N].
int64_t count_classes(const Tensor& labels);
// Rows [first, first + count) as a dataset of their own.
Dataset slice_dataset(const Dataset& dataset, int64_t first, int64_t count);
// The last `validation_count` examples validate, the others train. 0 < validation_count < size().
DataSplits split_dataset(Dataset dataset, int64_t validation_count);

// IDX, the format of MNIST (yann.lecun.com/exdb/mnist), plain or gzipped. Only unsigned bytes, one to four
// dimensions.
Result<Tensor> read_idx(const std::string& path);
// Images [N,H,W] or [N,C,H,W] with labels [N]. With no class names, classes are numbered up to the largest
// label.
Result<Dataset> read_idx_dataset(const std::string& images, const std::string& labels, std::string name,
                                 std::vector<std::string> class_names);

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
};
// Features are f32 [N,F], classes as number_classes makes them (csv_classes.h). A gap, or a row of another length, is
// an error with its place.
Result<Dataset> read_csv(const std::string& path, const CsvOptions& options);

// A folder with one subfolder per class, named for it and taken in alphabetical order, of PNG files of one size.
// Colour becomes grey: examples are u8 [N,1,H,W], or f32 of 0 to 255 where a picture has 16 bits. The classes take
// turns: the first picture of each, then the second of each. Hidden files, __MACOSX and whatever else is no picture of
// a class are left out, which a note says.
Result<Dataset> read_png_folder(const std::string& path);

}  // namespace minnow
