#include "runtime/guards.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace minnow {
namespace {

constexpr int64_t kAlignment = 64;
constexpr int64_t kGuardBytes = 256;
constexpr int64_t kFenceBytes = 64;
constexpr auto kGuard = std::byte{0xfe};   // a large number, for who reads what is not there
constexpr auto kPoison = std::byte{0xff};  // NaN in either float type

bool is_guard(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == kGuard; });
}

}  // namespace

EnclosedBytes::EnclosedBytes(int64_t bytes) {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t room = (static_cast<size_t>(bytes) + page - 1) / page * page;
  void* pages = mmap(nullptr, room + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  MINNOW_CHECK(pages != MAP_FAILED, "no memory for {} bytes", bytes);
  pages_ = {static_cast<std::byte*>(pages), room + 2 * page};
  const std::span<std::byte> inner = pages_.subspan(page, room);
  MINNOW_CHECK(mprotect(inner.data(), room, PROT_READ | PROT_WRITE) == 0, "no memory for {} bytes", bytes);
  bytes_ = inner.last(static_cast<size_t>(bytes));
}

EnclosedBytes::EnclosedBytes(EnclosedBytes&& other) noexcept
    : pages_(std::exchange(other.pages_, {})), bytes_(std::exchange(other.bytes_, {})) {}

EnclosedBytes::~EnclosedBytes() {
  if (!pages_.empty()) munmap(pages_.data(), pages_.size());
}

std::byte* Guards::Loan::data() const { return copy.bytes().data() + kGuardBytes; }

bool Guards::Loan::is_intact() const {
  return is_guard(copy.bytes().first(kGuardBytes)) &&
         is_guard(copy.bytes().subspan(static_cast<size_t>(kGuardBytes + bytes)));
}

bool Guards::Loan::is_unchanged() const {
  std::vector<std::byte> lent(memory, memory + bytes);
  for (const auto& [offset, count] : hidden) poison(lent.data() + offset, count);
  return std::equal(lent.begin(), lent.end(), data());
}

std::byte* Guards::lend(std::string name, std::byte* memory, int64_t bytes, Use use) {
  const int64_t aligned = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  EnclosedBytes copy(aligned + 2 * kGuardBytes);
  std::ranges::fill(copy.bytes(), kGuard);
  Loan& loan = loans_.emplace_back(Loan{std::move(name), memory, bytes, use, std::move(copy)});
  if (use == Use::kRead || use == Use::kUpdate) std::copy_n(memory, bytes, loan.data());
  else poison(loan.data(), bytes);
  return loan.data();
}

void Guards::poison(std::byte* memory, int64_t bytes) { std::fill_n(memory, bytes, kPoison); }

void Guards::hide(int64_t offset, int64_t bytes) {
  poison(loans_.back().data() + offset, bytes);
  loans_.back().hidden.emplace_back(offset, bytes);
}

Status Guards::take_back() {
  for (Loan& loan : loans_) {
    if (!loan.is_intact()) return fail("", "a kernel wrote past an end of {}", loan.name);
    if (loan.use == Use::kRead && !loan.is_unchanged())
      return fail("", "a kernel wrote to {}, which it should only read", loan.name);
    if (loan.use == Use::kUpdate || loan.use == Use::kWrite) std::copy_n(loan.data(), loan.bytes, loan.memory);
  }
  return {};
}

Fence::Fence(std::vector<Bytes> buffers) : buffers_(std::move(buffers)) {
  for (const Bytes& buffer : buffers_)
    behind_.emplace_back(buffer.data() + buffer.size(), buffer.data() + buffer.size() + kFenceBytes);
}

bool Fence::is_intact() const {
  for (size_t i = 0; i < buffers_.size(); ++i) {
    const std::byte* now = buffers_[i].data() + buffers_[i].size();
    for (size_t k = 0; k < behind_[i].size(); ++k)
      if (now[k] != behind_[i][k] && !is_in_buffer(now + k)) return false;
  }
  return true;
}

bool Fence::is_in_buffer(const std::byte* place) const {
  return std::ranges::any_of(
      buffers_, [&](const Bytes& buffer) { return place >= buffer.data() && place < buffer.data() + buffer.size(); });
}

}  // namespace minnow
