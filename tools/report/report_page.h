// The report of one run, or of several beside each other, as one page.
#pragma once

#include "tools/report/report_sections.h"

namespace minnow {

std::string report_page(const std::vector<RunRecord>& runs, const ReportOptions& options);

}  // namespace minnow
