// Machine code kept on disk, so that a program that has been compiled before starts at once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codegen/machine/jit_code.h"
#include "codegen/machine/unit_grid.h"
#include "ir/error.h"

namespace minnow {

// What compilation finds out, besides the kernels' order and names.
struct CachedKernels {
  struct Kernel {
    int64_t units = 1;
    int64_t parallel_units = 1;
    std::vector<int> buffers;
    UnitGrid grid;
    std::string schedule;
  };
  std::vector<Kernel> kernels;
  std::vector<ObjectBytes> objects;
};

// An entry as the bytes of its file, bound to its key. Parsing takes any bytes; nullopt for what was not written by
// serialize_kernels with this key, as far as a checksum tells.
std::string serialize_kernels(std::string_view key, const CachedKernels& entry);
std::optional<CachedKernels> parse_kernels(std::string_view key, std::string_view file);
// A file, as its checksum has it, whose entry is `body`, whatever that is: how tests get past the checksum.
std::string seal_kernels(std::string_view body);

// What lies in the folder is run, so it must be the user's own, and nobody else may write there: it holds nothing
// otherwise.
class ObjectCache {
 public:
  // The folder is made, for the user alone, when something is stored. An empty name is a cache that holds nothing.
  explicit ObjectCache(std::string folder) : folder_(std::move(folder)) {}

  // $MINNOW_CACHE, which may be empty for no cache; else minnow/ in $XDG_CACHE_HOME or ~/.cache, of which relative ones
  // count as not set (XDG Base Directory Specification).
  static std::string default_folder();

  // Why the folder is not used, if it is there and not to be trusted.
  Status check() const;

  // The entry of this name; nullopt if there is none, or if it is damaged or cannot be read.
  std::optional<CachedKernels> find(const std::string& key) const;
  // Writes to a temporary file and renames it. A cache that cannot be written only costs time, so it is no error. The
  // oldest entries go when there are more than kMaxEntries, and temporary files when whoever wrote them must be dead.
  void store(const std::string& key, const CachedKernels& entry) const;

  static constexpr size_t kMaxEntries = 512;

 private:
  static std::string file_name(const std::string& key) { return key + ".kernels"; }
  void make_room() const;

  std::string folder_;
};

// A name for everything that machine code depends on: the parts, LLVM's version, and the running program itself.
std::string cache_key(std::initializer_list<std::string_view> parts);

}  // namespace minnow
