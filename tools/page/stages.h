// The stages that a function goes through between its passes, for a page that shows them.
#pragma once

#include <string>
#include <vector>

#include "passes/pass_runner.h"
#include "tools/page/graph_picture.h"
#include "tools/report/ir_changes.h"

namespace minnow {

struct Stage {
  size_t number = 0;               // of the pass that left it, in the pipeline; 0: as it was lowered or read
  std::string pass;                // "lowered" for the first
  std::vector<ChangedLine> lines;  // its text, and what the pass took away
  GraphPicture graph;
};

// Keeps a stage for every pass that changed the text, and the first.
class StageRecorder : public PassObserver {
 public:
  Status before_pass(const PassRecord& record, const Function& function) override;
  Status after_pass(const PassRecord& record, const Function& function) override;

  // Of a function that no pass ran over, it is the only stage.
  std::vector<Stage> take(const Function& function);

 private:
  void begin(const Function& function);

  std::vector<Stage> stages_;
  std::string text_;  // of the last
};

}  // namespace minnow
