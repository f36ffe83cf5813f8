// The pictures of an experiment, with their tables.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/plot/drawing.h"
#include "runtime/session.h"
#include "runtime/train/result_table.h"
#include "runtime/train/sweep.h"

namespace minnow {

struct DrawnPicture {
  std::string stem;  // of its files: STEM.svg, STEM.csv
  std::string title;
  Drawing drawing;
  std::optional<ResultTable> table;
  std::vector<std::pair<std::string, std::string>> texts;  // further files, by name

  Status write(const std::string& folder) const;
};

struct PictureOptions {
  SessionOptions session;
  int threads = 1;
};

// Whether it shows runs, and not something that it measures itself.
bool shows_runs(const Experiment::Picture& picture);

// Picture `i` of the experiment. One that measures something does so now; one that shows runs takes what they have come
// to in `sweep`, whose folder is `folder`.
Result<DrawnPicture> measure_picture(const LoadedExperiment& experiment, int i, const PictureOptions& options);
Result<DrawnPicture> draw_runs(const LoadedExperiment& experiment, int i, const Sweep& sweep,
                               const std::string& folder);

}  // namespace minnow
