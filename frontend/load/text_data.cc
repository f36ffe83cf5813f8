#include "frontend/load/text_data.h"

#include <string>

namespace minnow {

const std::vector<NamedText>& named_texts() {
  static const std::vector<NamedText> kTexts = {{"time-machine", "timemachine.txt", true},
                                                {"tiny-shakespeare", "tinyshakespeare.txt"}};
  return kTexts;
}

const NamedText* find_named_text(std::string_view name) {
  for (const NamedText& text : named_texts())
    if (text.name == name) return &text;
  return nullptr;
}

std::vector<std::string> named_data() {
  std::vector<std::string> names = {"fashion-mnist", "mnist"};
  for (const NamedText& text : named_texts()) names.emplace_back(text.name);
  return names;
}

bool is_text(const spec::Data& data) {
  return data.has_text() || (data.has_named() && find_named_text(data.named()) != nullptr);
}

bool is_tokens(const spec::Data& data) {
  return is_text(data) || (data.has_builtin() && data.builtin() == spec::Data::REVERSE);
}

spec::Data::Text text_of(const spec::Data& data) {
  constexpr double kValidationShare = 0.1;
  spec::Data::Text text = data.text();
  if (data.has_named()) text.set_named(data.named());
  const NamedText* known = text.has_named() ? find_named_text(text.named()) : nullptr;
  const bool is_prose = known != nullptr && known->is_prose;
  if (!text.has_lowercase()) text.set_lowercase(is_prose);
  if (!text.has_letters_only()) text.set_letters_only(is_prose);
  if (!text.has_unknown())
    text.set_unknown(is_prose || text.level() == spec::Data::Text::WORD || text.has_vocabulary());
  if (data.has_validation_share()) text.set_validation_share(data.validation_share());
  const bool counts_windows = data.has_train_examples() && data.has_validation_examples() && !text.random_windows();
  if (!text.has_validation_share() && text.validation_file().empty() && !counts_windows)
    text.set_validation_share(kValidationShare);
  return text;
}

}  // namespace minnow
