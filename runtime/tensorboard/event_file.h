// Event files as TensorBoard reads them: records of a length, its checksum, an Event, and that one's checksum (the
// TFRecord format, www.tensorflow.org/tutorials/load_data/tfrecord).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/file.h"
#include "runtime/tensorboard/events.pb.h"

namespace minnow {

// CRC-32C, of Castagnoli's polynomial (RFC 3720, appendix B.4).
uint32_t crc32c(std::string_view bytes);

// The bytes as one record.
std::string event_record(std::string_view bytes);

class EventFile {
 public:
  // Begins a file that sorts behind those in `folder`, "events.out.tfevents.0001.minnow". Readers forget what earlier
  // files say of `first_step` and later ones.
  static Result<EventFile> create(const std::string& folder, int64_t first_step);

  // Adds an event at the file's end, at the time of now. After an error the file can take no more.
  Status append(tensorboard::Event event);

 private:
  explicit EventFile(GrowingFile file) : file_(std::move(file)) {}
  GrowingFile file_;
};

// Whether a file of that name is read by TensorBoard.
bool is_event_file(std::string_view name);

}  // namespace minnow
