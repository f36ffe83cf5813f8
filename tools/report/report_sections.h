// What the report says of one run, section by section.
#pragma once

#include <string>
#include <vector>

#include "tools/flags/flags.h"
#include "tools/report/run_record.h"

namespace minnow {

struct ReportOptions {
  BackendFlags backend;
  DataFlags data;
  int64_t worst = 16;  // mistakes to show
  int repeats = 30;    // steps to time; 0: none
};

inline constexpr int kPageWidth = 1060;  // of a picture that takes the whole page, in pixels

struct ReportSection {
  std::string id;  // of the HTML element
  std::string title;
  std::string html;  // what there is to say, or why there is nothing
};

// Reads the data, runs the network on them and times its training step. What cannot be had is said in its section.
std::vector<ReportSection> report_sections(const RunRecord& run, const ReportOptions& options);

// Loss, the perplexity that is its exponential, and accuracy, "–" where there is none.
std::string loss_text(double loss);
std::string perplexity_text(double loss, bool has_perplexity);
std::string accuracy_text(double accuracy, bool classifies);

}  // namespace minnow
