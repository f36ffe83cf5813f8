// Memory lent to compiled code, in which its mistakes show.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ir/error.h"

namespace minnow {

// Memory that ends right in front of a page that nobody may touch, and begins behind another.
class EnclosedBytes {
 public:
  explicit EnclosedBytes(int64_t bytes);
  ~EnclosedBytes();
  EnclosedBytes(EnclosedBytes&& other) noexcept;
  EnclosedBytes& operator=(EnclosedBytes&&) = delete;

  std::span<std::byte> bytes() const { return bytes_; }

 private:
  std::span<std::byte> pages_, bytes_;
};

// Copies of memory for one run, with guards at both ends. Who reads or writes far behind an end, dies.
class Guards {
 public:
  enum class Use {
    kRead,     // is as it was when the run is over
    kUpdate,   // is there at first, and may be written
    kWrite,    // holds NaN at first
    kScratch,  // holds NaN at first, and is not wanted afterwards
  };

  // What to run with in place of `memory`, which a scratch has none of.
  std::byte* lend(std::string name, std::byte* memory, int64_t bytes, Use use);
  // Makes what has been written so far uncertain again.
  static void poison(std::byte* memory, int64_t bytes);
  // Keeps a piece of the last loan from whoever has it: bytes [offset, offset + bytes) hold NaN.
  void hide(int64_t offset, int64_t bytes);
  // Copies what was written to where it belongs. An error names memory whose guards have changed, or that was only
  // lent to be read.
  Status take_back();

 private:
  struct Loan {
    std::string name;
    std::byte* memory;
    int64_t bytes;
    Use use;
    EnclosedBytes copy;
    std::vector<std::pair<int64_t, int64_t>> hidden = {};  // offset, bytes
    std::byte* data() const;
    bool is_intact() const;
    bool is_unchanged() const;
  };

  std::vector<Loan> loans_;
};

// What lies right behind a kernel's buffers while the kernel runs, and is none of its business. Other threads must not
// write there.
class Fence {
 public:
  using Bytes = std::span<std::byte>;
  // With room for a fence behind each, as there is in memory that is lent.
  explicit Fence(std::vector<Bytes> buffers);
  bool is_intact() const;

 private:
  bool is_in_buffer(const std::byte* place) const;

  std::vector<Bytes> buffers_;
  std::vector<std::vector<std::byte>> behind_;
};

}  // namespace minnow
