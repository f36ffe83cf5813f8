// Strings put together and taken apart. They are known when the graph is read, and so is what becomes of them.
#include <algorithm>
#include <string_view>

#include "frontend/onnx/fold/fold.h"

namespace minnow::onnx_ops {
namespace {

constexpr std::string_view kBlank = " \t\n\v\f\r";

using Parts = std::vector<std::string>;

// At each delimiter, from the left, until `most` of them have been met.
Parts split_at(std::string_view text, std::string_view delimiter, size_t most) {
  Parts parts;
  for (size_t end; parts.size() < most && (end = text.find(delimiter)) != std::string_view::npos;) {
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(end + delimiter.size());
  }
  parts.emplace_back(text);
  return parts;
}

// At each run of blanks; those in front and behind are no delimiters.
Parts split_at_blanks(std::string_view text, size_t most) {
  Parts parts;
  const auto skip_blanks = [&] { text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size())); };
  for (skip_blanks(); !text.empty(); skip_blanks()) {
    const size_t end = parts.size() < most ? text.find_first_of(kBlank) : std::string_view::npos;
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end, text.size()));
  }
  return parts;
}

// How often a text is split at most.
size_t most_splits(const NodeScope& n) {
  const int64_t most = n.has_attribute("maxsplit") ? n.whole("maxsplit") : -1;
  return most < 0 ? std::string::npos : static_cast<size_t>(most);
}

}  // namespace

void string_concat(NodeScope& n) {
  const HostTensor& a = n.known(0);
  const HostTensor& b = n.known(1);
  require(a.is_strings() && b.is_strings(), "its inputs are of {} and {}", element_type_name(a.type),
          element_type_name(b.type));
  const Shape shape = common_shape(a.shape, b.shape);
  require(onnx_fold::is_small(shape), "the shape {} is too large", shape_to_string(shape));
  HostTensor y = HostTensor::zeros(onnx::TensorProto::STRING, shape);
  size_t bytes = 0;
  for (size_t i = 0; i < y.held(); ++i) {
    const std::string& left = *a.string(onnx_fold::place_in(a.shape, shape, i));
    const std::string& right = *b.string(onnx_fold::place_in(b.shape, shape, i));
    bytes += left.size() + right.size();
    require(bytes <= onnx_fold::kMostStringBytes, "its strings are longer than {} bytes in all",
            onnx_fold::kMostStringBytes);
    y.strings[i] = std::make_shared<const std::string>(left + right);
  }
  n.give_known(0, std::move(y));
}

// x [...] → the parts [..., P], as many as the most that an element has and empty behind its last; their number [...]
void string_split(NodeScope& n) {
  const HostTensor& x = n.known(0);
  require(x.is_strings(), "input 0 is of {}, but must be of strings", element_type_name(x.type));
  require(n.rank() < kMaxRank, "it has {} dimensions; the limit is {}", n.rank() + 1, kMaxRank);
  const std::string delimiter = n.text("delimiter");
  const size_t most_of_each = most_splits(n);
  std::vector<Parts> parts;
  HostTensor counts = HostTensor::zeros(onnx::TensorProto::INT64, x.shape);
  int64_t most = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const std::string& text = *x.string(i);
    parts.push_back(delimiter.empty() ? split_at_blanks(text, most_of_each) : split_at(text, delimiter, most_of_each));
    counts.ints[i] = std::ssize(parts.back());
    most = std::max(most, counts.ints[i]);
  }
  Shape shape = x.shape;
  shape.push_back(most);
  require(onnx_fold::is_small(shape), "its parts, {}, are too many", shape_to_string(shape));
  HostTensor y = HostTensor::zeros(onnx::TensorProto::STRING, shape);
  for (size_t i = 0; i < parts.size(); ++i)
    for (size_t part = 0; part < parts[i].size(); ++part)
      y.strings[i * static_cast<size_t>(most) + part] = std::make_shared<const std::string>(std::move(parts[i][part]));
  n.give_known(0, std::move(y));
  n.give_known(1, std::move(counts));
}

}  // namespace minnow::onnx_ops
