#include "tools/page/stages.h"

#include <utility>

#include "ir/text.h"

namespace minnow {

void StageRecorder::begin(const Function& function) {
  if (!stages_.empty()) return;
  text_ = print(function);
  stages_.push_back({0, "lowered", changed_lines(text_, text_), draw_graph(function)});
}

Status StageRecorder::before_pass(const PassRecord&, const Function& function) {
  begin(function);
  return {};
}

Status StageRecorder::after_pass(const PassRecord& record, const Function& function) {
  if (!record.changed) return {};
  std::string text = print(function);
  if (text == text_) return {};
  stages_.push_back({record.number, std::string(record.name), changed_lines(text_, text), draw_graph(function)});
  text_ = std::move(text);
  return {};
}

std::vector<Stage> StageRecorder::take(const Function& function) {
  begin(function);
  return std::move(stages_);
}

}  // namespace minnow
