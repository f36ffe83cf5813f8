// A sweep as a script for Slurm's sbatch: an array of tasks, each of which trains one run.
#pragma once

#include <string>
#include <vector>

#include "runtime/train/sweep.h"

namespace minnow {

struct SlurmJob {
  std::string model, out, data_dir;
  int threads = 0;  // of each run; 0: one
  std::string cpu;
  std::vector<std::string> assignments, grid;
};

// Submitted again, it goes on: a run that is finished or has diverged stays, one that was interrupted is resumed. The
// runs are those that `minnow sweep --resume` looks for.
std::string slurm_script(const SlurmJob& job, const Sweep& sweep);

}  // namespace minnow
