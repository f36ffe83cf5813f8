// Pictures as examples of a network that is fed pictures.
#pragma once

#include <string>
#include <vector>

#include "interpreter/tensor.h"
#include "ir/error.h"
#include "runtime/session.h"

namespace minnow {

struct PictureOptions {
  bool is_inverted = false;  // dark on light, to be made light on dark
};

// Whether pictures are divided by 255 before the network is fed them, as bytes of .npy files are that it was trained
// on.
bool divides_pictures(const Session& session);

// PNG files as examples [N,C,H,W] of the session's network, grey or in colour as its input has 1 or 3 channels, resized
// by area to what it is fed. A network that is fed something else is an error that names the first file.
Result<Tensor> examples_from_pictures(const std::vector<std::string>& paths, const Session& session,
                                      const PictureOptions& options = {});

}  // namespace minnow
