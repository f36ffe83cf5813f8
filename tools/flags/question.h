// What `predict` is asked.
#pragma once

#include <string>
#include <vector>

#include "runtime/data/dataset.h"
#include "tools/flags/trained_model.h"

namespace minnow {

// What is to be predicted, with the labels where they are known.
struct Question {
  Dataset data;
  std::vector<std::string> titles;
  std::vector<std::string> labels;       // one per example, or none, as where each position has one
  std::vector<std::string> class_names;  // empty for a regression
  std::string note;                      // for the one who asks; mostly none

  // The numbers that a regression's outputs are compared with; none where nobody knows.
  std::vector<float> target(size_t i) const;
};

// Examples of the data; `range` is FIRST or FIRST:LAST.
Result<Question> question_from_data(const std::string& range, const TrainedModel& trained, const Dataset& data);

// Rows of a table, or arrays of NumPy, as they are named on the command line: FILE, or INPUT=FILE for each input of the
// network. Labels are told where a table has them.
Result<Question> question_from_files(const std::vector<std::string>& files, const TrainedModel& trained,
                                     const std::string& data_dir);

// Pictures in PNG files, each a file or a folder of them.
Result<Question> question_from_images(const std::vector<std::string>& images, bool is_inverted,
                                      const TrainedModel& trained);

}  // namespace minnow
