// StringNormalizer: strings in upper or lower case, without those that are to be left out.
#include <locale.h>
#include <wctype.h>

#include <algorithm>
#include <set>

#include "frontend/onnx/node_scope.h"
#include "ir/printable.h"

namespace minnow::onnx_ops {
namespace {

struct FreeLocale {
  void operator()(locale_t locale) const { freelocale(locale); }
};

// Unicode's letters, without a word to the locale of the program.
locale_t unicode() {
  static const std::unique_ptr<std::remove_pointer_t<locale_t>, FreeLocale> kLocale(
      newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr));
  require(kLocale != nullptr, "this machine has no locale C.UTF-8, which knows the letters");
  return kLocale.get();
}

// As UTF-8.
void encode(uint32_t point, std::string& text) {
  const size_t length = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  constexpr uint32_t kLeads[] = {0, 0xC0, 0xE0, 0xF0};
  text += static_cast<char>(kLeads[length - 1] | point >> (6 * (length - 1)));
  for (size_t behind = length - 1; behind-- > 0;) text += static_cast<char>(0x80U | (point >> (6 * behind) & 0x3FU));
}

using ToCase = wint_t(wint_t, locale_t);

// Each character for itself, by Unicode's simple mappings. Bytes that are no UTF-8 stay as they are.
std::string in_case(std::string_view text, ToCase* to_case) {
  std::string result;
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    if (point.bytes == 0) result += text[0];
    else encode(to_case(point.value, unicode()), result);
    text.remove_prefix(std::max<size_t>(point.bytes, 1));
  }
  return result;
}

}  // namespace

// x [C] or [1,C] → [K] or [1,K]: the strings that are kept, or a single empty one.
void string_normalizer(NodeScope& n) {
  const HostTensor& x = n.known(0);
  require(x.is_strings(), "input 0 is of {}, but must be of strings", element_type_name(x.type));
  require(n.rank() == 1 || (n.rank() == 2 && n.dim(0, 0) == 1), "the shape {} is neither [C] nor [1,C]",
          shape_to_string(x.shape));
  const std::string locale = n.text("locale"), change = n.text("case_change_action", "NONE");
  require(!locale.starts_with("tr") && !locale.starts_with("az"), "the letters of the locale {} are not supported",
          locale);
  require(change == "NONE" || change == "LOWER" || change == "UPPER",
          "case_change_action is none of NONE, LOWER, UPPER");
  const bool is_case_sensitive = n.whole("is_case_sensitive") != 0;
  const auto compared = [&](const std::string& word) { return is_case_sensitive ? word : in_case(word, towlower_l); };
  std::set<std::string> stopwords;
  for (const std::string& word : n.texts("stopwords")) stopwords.insert(compared(word));
  std::vector<std::string> kept;
  for (size_t i = 0; i < x.size(); ++i) {
    const std::string& word = *x.string(i);
    if (stopwords.contains(compared(word))) continue;
    kept.push_back(change == "NONE" ? word : in_case(word, change == "LOWER" ? towlower_l : towupper_l));
  }
  if (kept.empty()) kept.emplace_back();
  Shape shape = x.shape;
  shape.back() = std::ssize(kept);
  n.give_known(0, HostTensor::of_strings(std::move(shape), kept));
}

}  // namespace minnow::onnx_ops
