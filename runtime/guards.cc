#include "runtime/guards.h"

#include <algorithm>

namespace minnow {
namespace {

constexpr int64_t kGuardBytes = 256;
constexpr int64_t kFenceBytes = 64;
constexpr auto kGuard = std::byte{0xfe};   // a large number, for who reads what is not there
constexpr auto kPoison = std::byte{0xff};  // NaN in either float type

bool is_guard(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == kGuard; });
}

}  // namespace

std::byte* Guards::Loan::data() { return copy.data() + kGuardBytes; }

bool Guards::Loan::is_intact() const {
  return is_guard({copy.data(), kGuardBytes}) && is_guard({copy.data() + kGuardBytes + bytes, kGuardBytes});
}

std::byte* Guards::lend(std::string name, std::byte* memory, int64_t bytes, Use use) {
  AlignedBytes copy(bytes + 2 * kGuardBytes);
  std::fill_n(copy.data(), copy.size(), kGuard);
  Loan& loan = loans_.emplace_back(Loan{std::move(name), memory, bytes, use, std::move(copy)});
  if (use == Use::kRead || use == Use::kUpdate) std::copy_n(memory, bytes, loan.data());
  else poison(loan.data(), bytes);
  return loan.data();
}

void Guards::poison(std::byte* memory, int64_t bytes) { std::fill_n(memory, bytes, kPoison); }

Status Guards::take_back() {
  for (Loan& loan : loans_) {
    if (!loan.is_intact()) return fail("", "a kernel wrote past an end of {}", loan.name);
    if (loan.use == Use::kRead && !std::equal(loan.memory, loan.memory + loan.bytes, loan.data()))
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
