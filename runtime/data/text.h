// Texts as tokens.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "frontend/schema/data.pb.h"
#include "interpreter/tensor.h"
#include "ir/error.h"

namespace minnow {

// The text with what `spec` asks for done to it. Empty, or other than UTF-8 where tokens are characters or words, it is
// an error at `where`.
Result<std::string> prepare_text(std::string text, const spec::Data::Text& spec, const std::string& where);
// That of a file.
Result<std::string> read_text(const std::string& path, const spec::Data::Text& spec);

// The tokens of a prepared text, in order.
std::vector<std::string_view> split_tokens(std::string_view text, spec::Data::Text::Level level);

// Which tokens there are, by number: those of `text` in the order of their bytes, behind <unk>, if there is one.
struct Vocabulary {
  std::vector<std::string> tokens;
  bool has_unknown = false;  // tokens[0] is <unk>
};
Vocabulary make_vocabulary(std::string_view text, const spec::Data::Text& spec);

// The tokens' numbers, i32 [L]. What the vocabulary does not have is <unk>, or an error that shows the token and its
// line in the file `path`.
Result<Tensor> encode_text(std::string_view text, const spec::Data::Text& spec, const Vocabulary& vocabulary,
                           const std::string& path);

}  // namespace minnow
