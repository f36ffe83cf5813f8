// Whether a launcher, such as mpirun or srun, has started this process as one of several ranks: by its environment.
#pragma once

#include <optional>
#include <string>

namespace minnow {

struct Launch {
  int rank = 0;
  int size = 1;
  std::string launcher;  // "mpirun", "srun"
};

// nullopt for a process of its own, and for the only rank there is.
std::optional<Launch> find_launch();

}  // namespace minnow
