#include "codegen/machine/object_cache.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/Config/llvm-config.h>
#include <llvm/Support/SHA256.h>
#include <llvm/Support/xxhash.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace minnow {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "minnow kernels 4";
constexpr off_t kMaxEntryBytes = off_t{1} << 30;
constexpr std::string_view kExtension = ".kernels";
constexpr std::string_view kTemporaryExtension = ".tmp";
constexpr std::chrono::hours kLongestWrite{1};

class Writer {
 public:
  void number(int64_t value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value)); }
  void block(std::string_view block) {
    number(static_cast<int64_t>(block.size()));
    bytes_ += block;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  int64_t number() {
    int64_t value = 0;
    if (bytes_.size() < sizeof(value)) return fail();
    std::memcpy(&value, bytes_.data(), sizeof(value));
    bytes_.remove_prefix(sizeof(value));
    return value;
  }
  // A count of things of at least `size` bytes each, which have to be there.
  size_t count(size_t size) {
    const int64_t value = number();
    if (value < 0 || static_cast<uint64_t>(value) > bytes_.size() / size) return static_cast<size_t>(fail());
    return static_cast<size_t>(value);
  }
  std::string_view block() {
    const size_t size = count(1);
    const std::string_view found = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return found;
  }
  bool done() const { return bytes_.empty() && !failed_; }

 private:
  int64_t fail() {
    failed_ = true;
    bytes_ = {};
    return 0;
  }
  std::string_view bytes_;
  bool failed_ = false;
};

void write_grid(Writer& out, const UnitGrid& grid) {
  out.number(static_cast<int64_t>(grid.shape.size()));
  for (const int64_t extent : grid.shape) out.number(extent);
  out.number(static_cast<int64_t>(grid.digits.size()));
  for (const auto& [dim, chunk] : grid.digits) {
    out.number(dim);
    out.number(chunk);
  }
  out.number(grid.boxes_together);
  out.number(grid.splits);
}

UnitGrid read_grid(Reader& in) {
  UnitGrid grid;
  grid.shape.resize(in.count(sizeof(int64_t)));
  for (int64_t& extent : grid.shape) extent = in.number();
  grid.digits.resize(in.count(2 * sizeof(int64_t)));
  for (auto& [dim, chunk] : grid.digits) {
    dim = in.number();
    chunk = in.number();
  }
  grid.boxes_together = in.number();
  grid.splits = in.number();
  return grid;
}

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

// By way of a temporary file, whose name no other process has. No fsync: what a power failure leaves is told by the
// checksum.
bool replace_file(const std::string& path, std::string_view bytes) {
  std::string temporary = fmt::format("{}.XXXXXX{}", path, kTemporaryExtension);
  const int descriptor = ::mkostemps(temporary.data(), static_cast<int>(kTemporaryExtension.size()), O_CLOEXEC);
  if (descriptor < 0) return false;
  bool is_done = ::fchmod(descriptor, S_IRUSR | S_IWUSR) == 0 && write_all(descriptor, bytes);
  is_done = ::close(descriptor) == 0 && is_done;
  is_done = is_done && ::rename(temporary.c_str(), path.c_str()) == 0;
  if (!is_done) ::unlink(temporary.c_str());
  return is_done;
}

// The file that this code runs from: the program, or the library within another one, which a program of whatever name
// cannot be mistaken for.
fs::path own_file() {
  Dl_info own, program;
  const auto* headers = reinterpret_cast<const void*>(::getauxval(AT_PHDR));
  const bool is_known = ::dladdr(reinterpret_cast<const void*>(&own_file), &own) != 0 &&
                        ::dladdr(headers, &program) != 0 && own.dli_fbase != program.dli_fbase;
  if (is_known) return own.dli_fname;
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored);
}

// Tells one build of the program from the next.
std::string program_identity() {
  std::error_code error;
  const fs::path program = own_file();
  const auto size = fs::file_size(program, error);
  const auto time = fs::last_write_time(program, error).time_since_epoch().count();
  return program.string() + "\n" + std::to_string(size) + "\n" + std::to_string(time);
}

std::string folder_in(const char* variable, const std::string& below) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value == '/' ? value + below : "";
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const { return number_; }
  bool is_open() const { return number_ >= 0; }

 private:
  int number_;
};

// The folder, if nobody but the user can have put anything there. What is opened by way of it lies in the folder that
// was examined, whatever becomes of its name.
Result<Descriptor> open_own_folder(const std::string& path) {
  Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat status{};
  if (!folder.is_open() || ::fstat(folder.get(), &status) != 0) return fail(path, "{}", std::strerror(errno));
  if (status.st_uid != ::geteuid()) return fail(path, "it belongs to another user");
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) return fail(path, "others may write to it");
  return folder;
}

std::optional<std::string> read_entry(const Descriptor& folder, const std::string& name) {
  const Descriptor file(::openat(folder.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status{};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) return std::nullopt;
  if (!S_ISREG(status.st_mode) || status.st_size > kMaxEntryBytes) return std::nullopt;
  std::string bytes(static_cast<size_t>(status.st_size), '\0');
  for (size_t filled = 0; filled < bytes.size();) {
    const ssize_t got = ::read(file.get(), bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    filled += static_cast<size_t>(got);
  }
  return bytes;
}

}  // namespace

// The file: magic, checksum of the rest, then the key, numbers and objects one after the other.
std::string seal_kernels(std::string_view body) {
  const uint64_t checksum = llvm::xxh3_64bits(body);
  std::string file(kMagic);
  file.append(reinterpret_cast<const char*>(&checksum), sizeof(checksum));
  return file.append(body);
}

std::string serialize_kernels(std::string_view key, const CachedKernels& entry) {
  Writer out;
  out.block(key);
  out.number(static_cast<int64_t>(entry.kernels.size()));
  for (const auto& kernel : entry.kernels) {
    out.number(kernel.units);
    out.number(kernel.parallel_units);
    out.number(static_cast<int64_t>(kernel.buffers.size()));
    for (const int buffer : kernel.buffers) out.number(buffer);
    write_grid(out, kernel.grid);
    out.block(kernel.schedule);
  }
  out.number(static_cast<int64_t>(entry.objects.size()));
  for (const ObjectBytes& object : entry.objects) out.block({object.data(), object.size()});
  return seal_kernels(out.bytes());
}

std::optional<CachedKernels> parse_kernels(std::string_view key, std::string_view file) {
  uint64_t checksum = 0;
  if (!file.starts_with(kMagic) || file.size() < kMagic.size() + sizeof(checksum)) return std::nullopt;
  file.remove_prefix(kMagic.size());
  std::memcpy(&checksum, file.data(), sizeof(checksum));
  file.remove_prefix(sizeof(checksum));
  if (checksum != llvm::xxh3_64bits(file)) return std::nullopt;
  Reader in(file);
  if (in.block() != key) return std::nullopt;
  CachedKernels entry;
  entry.kernels.resize(in.count(8 * sizeof(int64_t)));
  for (auto& kernel : entry.kernels) {
    kernel.units = in.number();
    kernel.parallel_units = in.number();
    kernel.buffers.resize(in.count(sizeof(int64_t)));
    for (int& buffer : kernel.buffers) buffer = static_cast<int>(in.number());
    kernel.grid = read_grid(in);
    if (!kernel.grid.is_sound()) return std::nullopt;
    kernel.schedule = in.block();
  }
  entry.objects.resize(in.count(sizeof(int64_t)));
  for (ObjectBytes& object : entry.objects) {
    const std::string_view block = in.block();
    object.assign(block.begin(), block.end());
  }
  return in.done() ? std::optional(std::move(entry)) : std::nullopt;
}

std::string ObjectCache::default_folder() {
  if (const char* chosen = std::getenv("MINNOW_CACHE")) return chosen;
  const std::string folder = folder_in("XDG_CACHE_HOME", "/minnow");
  return folder.empty() ? folder_in("HOME", "/.cache/minnow") : folder;
}

Status ObjectCache::check() const {
  std::error_code error;
  if (folder_.empty() || !fs::exists(folder_, error)) return {};
  MINNOW_TRY(open_own_folder(folder_));
  return {};
}

// Read, not mapped: a mapped file that another process truncates is a bus error.
std::optional<CachedKernels> ObjectCache::find(const std::string& key) const {
  if (folder_.empty()) return std::nullopt;
  const auto folder = open_own_folder(folder_);
  const auto file = folder ? read_entry(*folder, file_name(key)) : std::nullopt;
  return file ? parse_kernels(key, *file) : std::nullopt;
}

void ObjectCache::store(const std::string& key, const CachedKernels& entry) const {
  if (folder_.empty()) return;
  std::error_code error;
  fs::create_directories(fs::path(folder_).parent_path(), error);
  if (::mkdir(folder_.c_str(), S_IRWXU) != 0 && errno != EEXIST) return;
  if (!open_own_folder(folder_)) return;
  if (replace_file(folder_ + "/" + file_name(key), serialize_kernels(key, entry))) make_room();
}

void ObjectCache::make_room() const {
  std::error_code error;
  std::vector<std::pair<fs::file_time_type, fs::path>> entries;
  const auto now = fs::file_time_type::clock::now();
  for (fs::directory_iterator it(folder_, error), end; !error && it != end; it.increment(error)) {
    std::error_code gone;  // another process may have taken it away
    const auto time = it->last_write_time(gone);
    if (gone) continue;
    if (it->path().extension() == kExtension) entries.emplace_back(time, it->path());
    if (it->path().extension() == kTemporaryExtension && now - time > kLongestWrite) fs::remove(it->path(), gone);
  }
  if (entries.size() <= kMaxEntries) return;
  std::ranges::sort(entries);
  for (size_t i = 0; i < entries.size() - kMaxEntries / 2; ++i) fs::remove(entries[i].second, error);
}

std::string cache_key(std::initializer_list<std::string_view> parts) {
  static const std::string program = program_identity();
  llvm::SHA256 hash;
  const auto add = [&](std::string_view part) {
    hash.update(std::to_string(part.size()));
    hash.update(":");
    hash.update(llvm::StringRef(part.data(), part.size()));
  };
  add(LLVM_VERSION_STRING);
  add(program);
  for (const std::string_view part : parts) add(part);
  return llvm::toHex(hash.final(), /*LowerCase=*/true).substr(0, 40);
}

}  // namespace minnow
