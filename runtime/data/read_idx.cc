#include <array>

#include "runtime/data/dataset.h"
#include "runtime/data/gzip_file.h"

namespace minnow {
namespace {

constexpr uint8_t kUnsignedByte = 0x08;

uint32_t big_endian_u32(std::span<const std::byte, 4> bytes) {
  uint32_t value = 0;
  for (const std::byte byte : bytes) value = value << 8 | std::to_integer<uint32_t>(byte);
  return value;
}

Result<uint32_t> read_u32(GzipFile& file, const std::string& path) {
  std::array<std::byte, 4> bytes{};
  MINNOW_ASSIGN(const int64_t got, file.read(bytes));
  if (got == 0) return fail(path, "is empty or ends within its IDX header");
  if (got < 4) return fail(path, "is truncated: it ends within its IDX header");
  return big_endian_u32(bytes);
}

// The header: two zero bytes, element type, rank, then one big-endian u32 per dimension.
Result<Shape> read_header(GzipFile& file, const std::string& path) {
  MINNOW_ASSIGN(const uint32_t magic, read_u32(file, path));
  const uint32_t type = magic >> 8 & 0xFF;
  const uint32_t rank = magic & 0xFF;
  if (magic >> 16 != 0) return fail(path, "is not an IDX file: it begins with 0x{:08x}, not 0x000008..", magic);
  if (type != kUnsignedByte)
    return fail(path, "holds IDX elements of type 0x{:02x}; only unsigned bytes (0x08) are read", type);
  if (rank < 1 || rank > 4) return fail(path, "has {} dimensions; IDX data here has 1 to 4", rank);
  Shape shape;
  for (uint32_t i = 0; i < rank; ++i) {
    MINNOW_ASSIGN(const uint32_t dim, read_u32(file, path));
    shape.push_back(dim);
  }
  return shape;
}

Status check_claim(const Shape& shape, const GzipFile& file, const std::string& path) {
  const auto elements = checked_element_count(shape);
  if (!elements) return fail(path, "claims {} bytes; the limit is 2^31", shape_to_string(shape));
  if (*elements > file.max_bytes())
    return fail(path, "claims {} = {} bytes, more than the file can hold", shape_to_string(shape), *elements);
  return {};
}

// [N,H,W] → [N,1,H,W]
Result<Tensor> as_images(Tensor tensor, const std::string& path) {
  Shape shape = tensor.type().shape;
  if (shape.size() < 3) return fail(path, "holds {}, not images [N,H,W]", tensor.type().to_string());
  if (shape.size() == 3) shape.insert(shape.begin() + 1, 1);
  if (tensor.type().elements() == 0) return fail(path, "holds no image: {}", tensor.type().to_string());
  return std::move(tensor).reshaped(std::move(shape));
}

}  // namespace

Result<Tensor> read_idx(const std::string& path, MappedFiles* files) {
  MINNOW_ASSIGN(GzipFile file, GzipFile::open(path));
  MINNOW_ASSIGN(Shape shape, read_header(file, path));
  MINNOW_TRY(check_claim(shape, file, path));
  const auto header_bytes = static_cast<int64_t>(4 + 4 * shape.size());
  if (auto mapped = files == nullptr ? nullptr : file.map(header_bytes + element_count(shape))) {
    files->push_back(mapped);
    return tensor_in(mapped, header_bytes, {DType::kU8, std::move(shape)});
  }
  Tensor tensor = Tensor::uninitialized({DType::kU8, std::move(shape)});
  MINNOW_ASSIGN(const int64_t got, file.read(std::as_writable_bytes(tensor.as<uint8_t>())));
  if (got < tensor.type().bytes()) {
    return fail(path, "is truncated: {} of the {} bytes its header {} claims", got, tensor.type().bytes(),
                shape_to_string(tensor.type().shape));
  }
  MINNOW_ASSIGN(const bool ended, file.at_end());
  if (!ended) return fail(path, "has trailing bytes after its {}", tensor.type().to_string());
  return tensor;
}

Result<Dataset> read_idx_dataset(const std::string& images, const std::string& labels, std::string name,
                                 std::vector<std::string> class_names) {
  MINNOW_ASSIGN(Tensor label_bytes, read_idx(labels));
  if (label_bytes.type().rank() != 1) return fail(labels, "holds {}, not labels [N]", label_bytes.type().to_string());
  MappedFiles files;
  MINNOW_ASSIGN(Tensor pixels, read_idx(images, &files));
  MINNOW_ASSIGN(Tensor examples, as_images(std::move(pixels), images));
  if (examples.dim(0) != label_bytes.dim(0)) {
    return fail(images, "holds {} images, but {} holds {} labels", examples.dim(0), labels, label_bytes.dim(0));
  }
  Tensor classes = label_bytes.converted_to(DType::kI32);
  if (class_names.empty()) class_names = numbered_classes(count_classes(classes));
  MINNOW_TRY(check_labels(classes, static_cast<int64_t>(class_names.size()), labels));
  Dataset dataset{std::move(name), std::move(examples), std::move(classes), std::move(class_names)};
  dataset.files = std::move(files);
  return dataset;
}

}  // namespace minnow
