// Texts that are known by name, and how they are read.
#pragma once

#include <string_view>
#include <vector>

#include "frontend/schema/data.pb.h"

namespace minnow {

struct NamedText {
  std::string_view name;  // "time-machine"
  std::string_view file;  // "timemachine.txt"
  bool is_prose = false;  // small letters and blanks alone, with <unk>
};

const std::vector<NamedText>& named_texts();
// Null if there is none of this name.
const NamedText* find_named_text(std::string_view name);
// The data sets known by name, pictures and texts.
std::vector<std::string> named_data();

// Whether examples are windows of a text.
bool is_text(const spec::Data& data);
// Whether examples are tokens that the source itself makes: texts and REVERSE.
bool is_tokens(const spec::Data& data);
// Of such data: how to read the text, every choice written out.
spec::Data::Text text_of(const spec::Data& data);

}  // namespace minnow
