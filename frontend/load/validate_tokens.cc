// Texts and REVERSE.
#include <fmt/ranges.h>

#include <string>
#include <vector>

#include "frontend/load/complain.h"
#include "frontend/load/text_data.h"
#include "frontend/load/validate_data.h"
#include "frontend/load/validate_model.h"

namespace minnow {
namespace {

Status check_sequences(const LoadedModel& loaded) {
  for (int i = 0; i < loaded.model.inputs_size(); ++i) {
    const spec::Input& input = loaded.model.inputs(i);
    const std::string path = fmt::format("inputs.{}", i);
    if (input.type() != spec::Input::I32)
      return complain_with_hint(loaded, path, loaded.program ? "write i32[N,length]" : "write type: I32",
                                "the data are tokens, but input \"{}\" takes numbers", input.name());
    if (input.shape_size() != 1)
      return complain(loaded, path + ".shape", "input \"{}\" must have the shape of a sequence of tokens, [length]",
                      input.name());
  }
  return {};
}

// One input has question and answer, two have one each.
Status check_reverse(const LoadedModel& loaded) {
  const int64_t length = loaded.model.inputs(0).shape(0);
  if (loaded.model.inputs_size() == 2 && loaded.model.inputs(1).shape(0) != length)
    return complain(loaded, "inputs.1.shape", "question and answer of REVERSE have the same length, {}", length);
  if (loaded.model.inputs_size() == 2) return {};
  if (length % 2 != 0)
    return complain(loaded, "inputs.0.shape", "REVERSE with one input needs an even length: a question and its answer");
  if (loaded.program) return {};  // whose loss is its own affair
  const auto& loss = loaded.model.loss().softmax_cross_entropy();
  if (!loss.has_ignore_index() || loss.ignore_index() != -1)
    return complain_with_hint(loaded, "loss", "write softmax_cross_entropy { ignore_index: -1 }",
                              "the question of REVERSE has targets of -1, which do not count");
  return {};
}

}  // namespace

Status check_text(const LoadedModel& loaded) {
  const spec::Data::Text& text = loaded.model.data().text();
  if (text.source_case() == spec::Data::Text::SOURCE_NOT_SET)
    return complain_with_hint(loaded, "data.text", "for example named: \"time-machine\"", "file is missing");
  if (text.has_file()) MINNOW_TRY(check_files(loaded, "data.text", {{"file", &text.file()}}));
  if (text.has_named() && find_named_text(text.named()) == nullptr) {
    std::vector<std::string> known;
    for (const NamedText& named : named_texts()) known.emplace_back(named.name);
    return complain_with_hint(loaded, "data.text.named", fmt::format("known: {}", fmt::join(known, ", ")),
                              "there is no text \"{}\"", printable_name(text.named()));
  }
  if (text.has_validation_share() && !text.validation_file().empty())
    return complain(loaded, "data.text.validation_share", "there is a validation_file, so nothing is split off");
  if (text.has_vocabulary() && text.has_unknown() && !text.unknown())
    return complain(loaded, "data.text.unknown", "a limited vocabulary needs <unk> for the rest");
  if (text.level() == spec::Data::Text::BYTE && (text.has_vocabulary() || text.unknown()))
    return complain(loaded, "data.text.level", "the bytes are always 256 tokens, and none is unknown");
  if (text.random_windows() && text.has_stride())
    return complain(loaded, "data.text.stride", "random windows have no stride");
  return {};
}

Status check_takes_tokens(const LoadedModel& loaded) {
  MINNOW_TRY(check_sequences(loaded));
  if (!loaded.program && !loaded.model.loss().has_softmax_cross_entropy())
    return complain(loaded, "loss", "the targets are tokens, which softmax_cross_entropy takes");
  return is_text(loaded.model.data()) ? Status{} : check_reverse(loaded);
}

}  // namespace minnow
