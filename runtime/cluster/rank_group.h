// The ranks that a launcher has started, as one of them sees them.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/cluster/launch.h"
#include "runtime/cluster/launched_communicator.h"
#include "runtime/cluster/lifeline.h"

namespace minnow {

class RankGroup {
 public:
  // Initialises MPI, and waits until all ranks are there. One that is silent for `timeout` is given up.
  static Result<std::unique_ptr<RankGroup>> join(const Launch& launch, std::chrono::milliseconds timeout);

  LaunchedCommunicator& ranks() { return *communicator_; }
  // "rank 1 (node-b, process 4711)", by rank.
  const std::vector<std::string>& names() const { return names_; }
  // This rank's part of the cores that it may run on: those that ranks of the same machine share are divided.
  int cores() const { return cores_; }
  int ranks_here() const { return ranks_here_; }  // of this machine
  // Whether silence is told from work, or only that a message does not come.
  bool has_lifeline() const { return lifeline_ != nullptr; }

  // This rank's last word but for MPI's: all end together, or one is lost, which comes back.
  std::optional<Lifeline::Loss> end(const std::optional<Error>& error);

 private:
  RankGroup() = default;
  Status look_around();
  void wait_for(std::chrono::milliseconds timeout);

  std::unique_ptr<LaunchedCommunicator> communicator_;
  std::vector<std::string> names_;
  int cores_ = 1, ranks_here_ = 1;
  std::unique_ptr<Lifeline> lifeline_;
};

}  // namespace minnow
