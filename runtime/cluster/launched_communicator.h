// The border between the program and the module that speaks MPI, which is loaded only where a launcher has started
// several ranks.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "runtime/cluster/communicator.h"

namespace minnow {

// A communicator whose process ends with it.
class LaunchedCommunicator : public Communicator {
 public:
  // Asked from time to time while something is awaited; an error ends the waiting.
  using Watch = std::function<std::optional<Error>()>;
  virtual void set_watch(Watch watch) = 0;
  // For which a message is awaited; none where a watch tells who is gone.
  virtual void set_timeout(std::optional<std::chrono::milliseconds> timeout) = 0;

  // Every rank ends well, and calls this last.
  virtual void finalize() = 0;
  // Ends every rank of the job, if the launcher can; comes back where it cannot.
  virtual void abort(int exit_code) = 0;
};

struct OpenedMpi {
  std::unique_ptr<LaunchedCommunicator> communicator;
  Error error;  // without a communicator
};

// How the ranks' bytes are spread; what tests choose otherwise.
struct MpiOptions {
  // Up to so many ranks each sends its bytes to every other; beyond, MPI's own collective forwards them.
  int most_direct_ranks = 16;
  int64_t chunk_bytes = int64_t{1} << 30;  // of one message: MPI counts in int
  // To another machine MPI sends a message at once only if it is short; a longer one waits until the receiver has
  // answered, which costs two latencies more, and is on its way only while both call MPI. So up to `most_prompt_bytes`
  // go as several short ones.
  int64_t prompt_bytes = 60 << 10, most_prompt_bytes = 4 << 20;
  bool knows_machines = true;  // or takes every rank as one of another machine
};

// The module's only function, "minnow_open_mpi". It is built together with the program: `version` must be that of both.
using OpenMpi = void (*)(const char* version, const MpiOptions& options, OpenedMpi& opened);

// Loads the module from beside the program, or from where it is installed, and initialises MPI.
Result<std::unique_ptr<LaunchedCommunicator>> open_mpi(const std::string& launcher, const MpiOptions& options = {});

}  // namespace minnow
