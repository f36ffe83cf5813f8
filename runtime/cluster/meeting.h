// How ranks find each other by TCP: all connect to rank 0.
#pragma once

#include <vector>

#include "runtime/cluster/communicator.h"

namespace minnow {

// Every rank calls this. Sockets come back: at rank 0 one for each other rank, from rank 1 on; elsewhere that to rank
// 0. None, at all ranks, where one cannot reach rank 0.
Result<std::vector<int>> meet(Communicator& ranks);

}  // namespace minnow
