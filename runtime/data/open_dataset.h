// Data by the name a person gives them, without a model that says what they are for.
#pragma once

#include <string>
#include <vector>

#include "runtime/data/dataset.h"
#include "runtime/thread_pool.h"

namespace minnow {

struct OpenDatasetOptions {
  std::string data_dir = {};  // --data-dir; empty if not given
  std::string split = {};     // "train" or "validation"; empty: the one there is, or train
  std::string targets = {};   // the labels of an .npy or .npz file; empty: none
};

// "glyphs", a named dataset, a .csv, .npy, .npz or .txt file, or a folder of PNG with a subfolder per class. Files and
// folders are not split. A CSV whose last column holds no classes is a regression. An .npy without targets has labels
// of no elements. A text is one of characters, in windows.
Result<Dataset> open_dataset(const std::string& name, const OpenDatasetOptions& options, ThreadPool& pool);

}  // namespace minnow
