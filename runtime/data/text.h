// Texts as tokens.
#pragma once

#include <array>
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

// The tokens of a prepared text, in order.
std::vector<std::string_view> split_tokens(std::string_view text, spec::Data::Text::Level level);

// Which tokens there are, by number: those of `text` in the order of their bytes, behind <unk>, if there is one.
struct Vocabulary {
  std::vector<std::string> tokens;
  bool has_unknown = false;  // tokens[0] is <unk>
};
Vocabulary make_vocabulary(std::string_view text, const spec::Data::Text& spec);

// How often each byte occurs in a text.
using ByteCounts = std::array<int64_t, 256>;
ByteCounts count_bytes(std::string_view text);
// Whether every byte of the text is a token, as it lies in its file: bytes are, and characters, where all are of ASCII.
bool has_bytes_as_tokens(const ByteCounts& counts, const spec::Data::Text& spec);
// The vocabulary of such a text.
Vocabulary make_vocabulary(const ByteCounts& counts, const spec::Data::Text& spec);
// The token that each byte of such a text stands for; errors are those of encode_text.
Result<std::vector<int32_t>> tokens_of_bytes(std::string_view text, const ByteCounts& counts,
                                             const spec::Data::Text& spec, const Vocabulary& vocabulary,
                                             const std::string& path);

// The tokens' numbers, i32 [L]. What the vocabulary does not have is <unk>, or an error that shows the token and its
// line in the file `path`.
Result<Tensor> encode_text(std::string_view text, const spec::Data::Text& spec, const Vocabulary& vocabulary,
                           const std::string& path);

}  // namespace minnow
