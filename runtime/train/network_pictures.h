// Pictures of what a trained network does: whom it confuses with whom, and what its first convolution looks for.
#pragma once

#include "runtime/plot/image_sheet.h"
#include "runtime/train/assess.h"

namespace minnow {

// A square per pair of classes, shaded by its share of the actual class, with the number of examples.
Drawing draw_confusion(const ConfusionMatrix& matrix, const std::vector<std::string>& class_names);

// The examples that a network is most wrong about, with what they are and what it takes them for. `assessment` has a
// confusion matrix and is of `data`. An error if those are no pictures.
Result<ImageSheet> worst_sheet(const Assessment& assessment, const Dataset& data, int64_t count);

// The kernels of the first convolution, each scaled by its layer's largest weight: orange above 0, blue below. An error
// if the network has none.
Result<ImageSheet> filter_sheet(const Session& session);

}  // namespace minnow
