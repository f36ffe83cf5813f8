// The module's border.
#include <string_view>

#include "include/minnow/minnow.h"
#include "runtime/cluster/mpi/mpi_communicator.h"

extern "C" __attribute__((visibility("default"))) void minnow_open_mpi(const char* version,
                                                                       const minnow::MpiOptions& options,
                                                                       minnow::OpenedMpi& opened) {
  using namespace minnow;
  if (std::string_view(version) != MINNOW_VERSION_STRING) {
    opened.error = {"minnow-mpi.so", fmt::format("is of minnow {}, not {}", MINNOW_VERSION_STRING, version), {}};
    return;
  }
  int provided = MPI_THREAD_SINGLE;
  if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided) != MPI_SUCCESS) {
    opened.error = {"MPI", "cannot be initialised", {}};
    return;
  }
  if (provided < MPI_THREAD_SERIALIZED) {
    opened.error = {"MPI", "does not let several threads call it in turns", "another build of MPI does"};
    MPI_Finalize();
    return;
  }
  opened.communicator = std::make_unique<MpiCommunicator>(options);
}
