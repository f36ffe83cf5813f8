#include "runtime/tensorboard/event_file.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>

namespace minnow {
namespace {

constexpr std::array<uint32_t, 256> make_crc_table() {
  constexpr uint32_t kPolynomial = 0x82F63B78;  // its bits in reverse
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < table.size(); ++byte) {
    uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = rest >> 1 ^ (rest & 1 ? kPolynomial : 0);
    table[byte] = rest;
  }
  return table;
}

constexpr std::array<uint32_t, 256> kCrcTable = make_crc_table();

template <typename T>
std::string little_endian(T number) {
  std::string bytes;
  for (size_t i = 0; i < sizeof number; ++i) bytes += static_cast<char>(number >> 8 * i & 0xFF);
  return bytes;
}

// A checksum of data that holds checksums itself would be weak; so they are written rotated, with a constant added.
std::string masked_checksum(std::string_view bytes) {
  const uint32_t crc = crc32c(bytes);
  return little_endian((crc >> 15 | crc << 17) + 0xA282EAD8U);
}

// Readers take files in the order of their names.
std::string next_name(const std::string& folder) {
  std::string last;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (const std::string name = it->path().filename().string(); is_event_file(name)) last = std::max(last, name);
  int number = 0;
  std::sscanf(last.c_str(), "events.out.tfevents.%4d", &number);
  return fmt::format("events.out.tfevents.{:04}.minnow", number + 1);
}

double now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  uint32_t rest = ~0U;
  for (const char c : bytes) rest = kCrcTable[(rest ^ static_cast<unsigned char>(c)) & 0xFF] ^ rest >> 8;
  return ~rest;
}

std::string event_record(std::string_view bytes) {
  const std::string length = little_endian(uint64_t{bytes.size()});
  return length + masked_checksum(length) + std::string(bytes) + masked_checksum(bytes);
}

Result<EventFile> EventFile::create(const std::string& folder, int64_t first_step) {
  MINNOW_ASSIGN(GrowingFile grown, GrowingFile::create(folder + "/" + next_name(folder)));
  EventFile file(std::move(grown));
  tensorboard::Event version, start;
  version.set_file_version("brain.Event:2");
  start.set_step(first_step);
  start.mutable_session_log()->set_status(tensorboard::SessionLog::START);
  MINNOW_TRY(file.append(std::move(version)));
  MINNOW_TRY(file.append(std::move(start)));
  return file;
}

Status EventFile::append(tensorboard::Event event) {
  event.set_wall_time(now());
  return file_.append(event_record(event.SerializeAsString()));
}

bool is_event_file(std::string_view name) { return name.starts_with("events.out.tfevents."); }

}  // namespace minnow
