#include "runtime/data/reverse.h"

#include <algorithm>

#include "ir/random.h"
#include "runtime/random_streams.h"

namespace minnow {
namespace {

constexpr int32_t kGo = 0;
constexpr uint32_t kDigits = 10;
constexpr int32_t kUnasked = -1;

// <go> and the answer without its last token.
template <typename Iterator>
Iterator shifted_answer(std::span<const int32_t> question, Iterator to) {
  *to++ = kGo;
  return std::reverse_copy(question.begin() + 1, question.end(), to);
}

}  // namespace

Dataset make_reverse(const ReverseOptions& options) {
  const RandomSequence random{options.seed, kReverseStream, options.split};
  const bool is_alone = options.answer_input.empty();
  const int64_t length = is_alone ? options.length / 2 : options.length;
  const TensorType type{DType::kI32, {options.count, options.length}};
  Dataset dataset{"reverse", Tensor::uninitialized(type), Tensor::uninitialized(type), {"<go>"}};
  for (std::string& digit : numbered_classes(kDigits)) dataset.class_names.push_back(std::move(digit));
  Tensor fed = Tensor::uninitialized(is_alone ? TensorType{DType::kI32, {0}} : type);
  std::vector<int32_t> question(static_cast<size_t>(length));
  auto example = dataset.examples.as<int32_t>().begin();
  auto label = dataset.labels.as<int32_t>().begin();
  auto answer = fed.as<int32_t>().begin();
  uint64_t draw = 0;
  for (int64_t i = 0; i < options.count; ++i) {
    for (int32_t& token : question) token = 1 + static_cast<int32_t>((uint64_t{random.bits(draw++)} * kDigits) >> 32);
    example = std::ranges::copy(question, example).out;
    if (is_alone) {
      example = shifted_answer(question, example);
      label = std::fill_n(label, length, kUnasked);
    } else {
      answer = shifted_answer(question, answer);
    }
    label = std::ranges::reverse_copy(question, label).out;
  }
  if (!is_alone) dataset.others.emplace(options.answer_input, std::move(fed));
  return dataset;
}

}  // namespace minnow
