#include "runtime/data/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <mutex>

namespace minnow {
namespace {

// Where a file lies, as the handler of a signal may read it: from any thread, at any time.
struct MappedRange {
  std::atomic<bool> is_taken = false;
  std::atomic<uintptr_t> begin = 0, end = 0;
  std::atomic<bool> is_cut = false;
};
constexpr size_t kMostMapped = 256;
std::array<MappedRange, kMostMapped> mapped_ranges;

struct sigaction previous_action;
uintptr_t page_bytes = 4096;

// Zeros from the page of `address` to the end.
bool fill_up(MappedRange& range, uintptr_t address) {
  const uintptr_t page = address & ~(page_bytes - 1);
  const int error = errno;
  void* filled = ::mmap(reinterpret_cast<void*>(page), range.end.load() - page, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
  errno = error;
  if (filled == MAP_FAILED) return false;
  range.is_cut = true;
  return true;
}

// As if this handler were not there.
void pass_on(int signal, siginfo_t* info, void* context) {
  if ((previous_action.sa_flags & SA_SIGINFO) != 0) return previous_action.sa_sigaction(signal, info, context);
  const auto handler = previous_action.sa_handler;
  if (handler != SIG_DFL && handler != SIG_IGN) return handler(signal);
  ::signal(signal, SIG_DFL);
  ::raise(signal);  // when this handler returns
}

void handle_bus_error(int signal, siginfo_t* info, void* context) {
  const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
  for (MappedRange& range : mapped_ranges)
    if (address >= range.begin && address < range.end && fill_up(range, address)) return;
  pass_on(signal, info, context);
}

void install_handler() {
  static std::once_flag once;
  std::call_once(once, [] {
    page_bytes = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
    struct sigaction action{};
    action.sa_sigaction = handle_bus_error;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGBUS, &action, &previous_action);
  });
}

std::optional<size_t> take_place() {
  for (size_t i = 0; i < mapped_ranges.size(); ++i)
    if (!mapped_ranges[i].is_taken.exchange(true)) return i;
  return std::nullopt;
}

void leave_place(size_t place) {
  MappedRange& range = mapped_ranges[place];
  range.begin = range.end = 0;
  range.is_taken = false;
}

}  // namespace

std::optional<MappedFile::Version> MappedFile::version_of(int descriptor) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return Version{status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

std::shared_ptr<const MappedFile> MappedFile::map(int descriptor, std::string path) {
  const auto version = version_of(descriptor);
  if (!version || version->bytes < kLeastMappedBytes) return nullptr;
  Descriptor file(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
  if (!file.is_open()) return nullptr;
  const auto place = take_place();
  if (!place) return nullptr;
  const auto bytes = static_cast<size_t>(version->bytes);
  void* data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, file.get(), 0);
  if (data == MAP_FAILED) {
    leave_place(*place);
    return nullptr;
  }
  install_handler();
  MappedRange& range = mapped_ranges[*place];
  const auto begin = reinterpret_cast<uintptr_t>(data);
  range.is_cut = false;
  range.end = (begin + bytes + page_bytes - 1) & ~(page_bytes - 1);
  range.begin = begin;
  return std::shared_ptr<const MappedFile>(
      new MappedFile(std::move(path), std::move(file), *version, {static_cast<std::byte*>(data), bytes}, *place));
}

MappedFile::~MappedFile() {
  leave_place(place_);
  ::munmap(bytes_.data(), bytes_.size());
}

Status MappedFile::check() const {
  const auto version = version_of(file_.get());
  const bool is_cut = mapped_ranges[place_].is_cut;
  if (!is_cut && version == version_) return {};
  const bool is_shorter = version && version->bytes < version_.bytes;
  return fail_with_hint(
      path_,
      is_shorter            ? "has become shorter while it was in use"
      : version_ == version ? "could not be read to its end"
                            : "has changed while it was in use",
      fmt::format(
          "a file of {} MiB or more is read as it is needed: write new data to another file, or rename that over it",
          kLeastMappedBytes >> 20));
}

Tensor tensor_in(const std::shared_ptr<const MappedFile>& file, int64_t offset, TensorType type) {
  MINNOW_CHECK(offset + type.bytes() <= std::ssize(file->bytes()), "{} at {} of {} bytes", type.to_string(), offset,
               file->bytes().size());
  std::byte* data = file->bytes().data() + offset;
  return Tensor::shared(std::move(type), data, file);
}

}  // namespace minnow
