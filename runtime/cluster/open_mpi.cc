#include <dlfcn.h>

#include <filesystem>

#include "include/minnow/minnow.h"
#include "runtime/cluster/launched_communicator.h"

namespace minnow {
namespace {

constexpr const char* kModule = "minnow-mpi.so";

// bin/minnow has lib/minnow/minnow-mpi.so, build/tools/minnow its own beside it.
std::string module_path() {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  const fs::path beside = program.parent_path() / kModule;
  if (fs::exists(beside, error)) return beside.string();
  return (program.parent_path().parent_path() / MINNOW_MODULES_IN_PREFIX / kModule).string();
}

}  // namespace

Result<std::unique_ptr<LaunchedCommunicator>> open_mpi(const std::string& launcher, const MpiOptions& options) {
  const std::string path = module_path();
  std::error_code error;
  if (!std::filesystem::exists(path, error))
    return fail_with_hint(
        launcher, "several ranks were started, but this minnow was built without MPI: " + path + " is not there",
        "install libopenmpi-dev, or libmpich-dev, and build again; or start minnow without " + launcher);
  // MPI's own plugins look for its symbols among those of the program.
  void* module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (module == nullptr)
    return fail_with_hint(path, fmt::format("cannot be loaded: {}", ::dlerror()),
                          "install the MPI that it was built with: libopenmpi3, or libmpich12");
  const auto open = reinterpret_cast<OpenMpi>(::dlsym(module, "minnow_open_mpi"));
  if (open == nullptr) return fail(path, "is no module of minnow");
  OpenedMpi opened;
  open(MINNOW_VERSION_STRING, options, opened);
  if (!opened.communicator) return tl::unexpected(std::move(opened.error));
  return std::move(opened.communicator);
}

}  // namespace minnow
