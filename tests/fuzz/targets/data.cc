// Data files: what is read has the shape that it says, labels lie within the classes.
#include <zlib.h>

#include <cstring>

#include "runtime/data/batch.h"
#include "runtime/data/load_text.h"
#include "runtime/data/npy.h"
#include "runtime/data/png.h"
#include "tests/fuzz/targets/memory_file.h"
#include "tests/fuzz/targets/targets.h"

namespace minnow::testing {
namespace {

// Reads every byte, so that a sanitizer sees what was never written.
void touch(const Tensor& tensor) {
  MINNOW_CHECK(checked_element_count(tensor.type().shape).has_value(), "{}", tensor.type().to_string());
  volatile uint8_t sum = 0;
  for (const char byte : tensor.bytes()) sum = static_cast<uint8_t>(sum + static_cast<uint8_t>(byte));
}

void check(const Dataset& dataset, bool is_regression) {
  touch(dataset.examples);
  touch(dataset.labels);
  if (!dataset.has_labels()) return;
  MINNOW_CHECK(dataset.labels.dim(0) == dataset.size(), "{} labels", dataset.labels.dim(0));
  if (!is_regression) MINNOW_CHECK(check_labels(dataset.labels, dataset.classes(), "fuzz"), "labels");
}

uint32_t big_endian(std::string_view bytes) {
  uint32_t value = 0;
  for (const char byte : bytes.substr(0, 4)) value = value << 8 | static_cast<uint8_t>(byte);
  return value;
}

// A PNG's chunks: length, type, data, checksum. Puts the right checksums in, so that the rest of a reader is met.
std::string with_right_checksums(std::string_view png) {
  constexpr size_t kSignature = 8, kLength = 4, kType = 4, kChecksum = 4;
  std::string bytes(png);
  for (size_t at = kSignature; at + kLength + kType + kChecksum <= bytes.size();) {
    const size_t length = big_endian(std::string_view(bytes).substr(at));
    if (length > bytes.size() - at - kLength - kType - kChecksum) break;
    const size_t covered = at + kLength;
    const auto checksum =
        static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data() + covered), kType + length));
    for (size_t i = 0; i < kChecksum; ++i)
      bytes[covered + kType + length + i] = static_cast<char>(checksum >> (24 - 8 * i));
    at = covered + kType + length + kChecksum;
  }
  return bytes;
}

void read_picture(std::string_view bytes) {
  const MemoryFile file(bytes);
  if (const auto image = read_png_gray(file.path())) touch(*image);
}

}  // namespace

void fuzz_npy(std::string_view bytes) {
  for (const DType dtype : {DType::kF32, DType::kF64, DType::kI32, DType::kU8, DType::kPred}) {
    auto array = NpyArray::open(bytes, "fuzz.npy");
    if (!array) return;
    if (const auto tensor = array->read(dtype)) touch(*tensor);
  }
}

void fuzz_idx(std::string_view bytes) {
  const MemoryFile file(bytes);
  const auto tensor = read_idx(file.path());
  if (!tensor) return;
  touch(*tensor);
  const MemoryFile labels(std::string_view("\0\0\x08\1\0\0\0\2\0\1", 10));
  if (const auto dataset = read_idx_dataset(file.path(), labels.path(), "fuzz", {})) check(*dataset, false);
  if (const auto dataset = read_idx_dataset(labels.path(), file.path(), "fuzz", {})) check(*dataset, false);
}

// The first byte chooses the options.
void fuzz_csv(std::string_view bytes) {
  if (bytes.empty()) return;
  const auto choice = static_cast<uint8_t>(bytes[0]);
  CsvOptions options;
  options.is_regression = (choice & 1) != 0;
  if ((choice & 2) != 0) options.separator = ';';
  if ((choice & 4) != 0) options.has_header = (choice & 8) != 0;
  if ((choice & 16) != 0) options.label_columns = {"0"};
  if ((choice & 32) != 0) options.label_columns = {"a", "-1"};
  const MemoryFile file(bytes.substr(1));
  if ((choice & 64) != 0) {
    const auto names = read_csv_names(file.path(), options);
    options.asked = CsvQuestion{.features = 2};
    if (names) options.asked = CsvQuestion{2, names->features, names->labels};
    if ((choice & 128) != 0) options.asked->feature_names = {"b", "a"};
    options.class_names = {"0", "1"};
  }
  if (const auto dataset = read_csv(file.path(), options)) check(*dataset, options.is_regression);
}

void fuzz_png(std::string_view bytes) {
  read_picture(bytes);
  read_picture(with_right_checksums(bytes));
}

// The first byte chooses the options. What comes out are tokens of the vocabulary, at every place that a batch may ask
// for.
void fuzz_text(std::string_view bytes) {
  if (bytes.empty()) return;
  const auto choice = static_cast<uint8_t>(bytes[0]);
  const MemoryFile file(bytes.substr(1));
  spec::Data data;
  spec::Data::Text& text = *data.mutable_text();
  text.set_file(file.path());
  text.set_level(static_cast<spec::Data::Text::Level>((choice & 3) % 3));
  if ((choice & 4) != 0) text.set_vocabulary(3);
  if ((choice & 8) != 0) text.set_letters_only(true);
  if ((choice & 16) != 0) text.set_lowercase(true);
  if ((choice & 32) != 0) text.set_stride(1);
  if ((choice & 64) != 0) text.set_random_windows(true);
  const int64_t length = 1 + (choice >> 7) * 3;
  const auto splits = load_text(data, length, {});
  if (!splits) return;
  for (const Dataset* split : {&splits->train, &splits->validation}) {
    const Dataset rows = slice_dataset(*split, 0, split->windows->count);
    MINNOW_CHECK(check_tokens(rows.examples, split->classes(), "fuzz"), "tokens");
    MINNOW_CHECK(check_tokens(rows.labels, split->classes(), "fuzz"), "next tokens");
    for (const int32_t row : rows_of_epoch(*split, true, 1, 0))
      MINNOW_CHECK(row >= 0 && row < split->windows->places, "a window at {}", row);
  }
}

}  // namespace minnow::testing
