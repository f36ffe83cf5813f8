#include <algorithm>
#include <charconv>

#include "passes/pipeline.h"

namespace minnow {
namespace {

tl::unexpected<Error> usage_error(std::string where, std::string message, std::string hint) {
  return tl::unexpected(Error{std::move(where), std::move(message), std::move(hint), ExitCode::kUsage});
}

}  // namespace

Result<std::vector<Pass>> cut_pipeline(std::vector<Pass> pipeline, const std::string& last, const std::string& flag) {
  const size_t comma = std::min(last.find(','), last.size());
  const std::string name = last.substr(0, comma);
  int64_t run = 1;
  if (comma < last.size()) {
    const char* end = last.data() + last.size();
    const auto [rest, fault] = std::from_chars(last.data() + comma + 1, end, run);
    if (fault != std::errc() || rest != end || run < 1)
      return usage_error(flag + " " + last, "is not PASS or PASS,N with N from 1", "");
  }
  MINNOW_TRY(pass_named(name));
  int64_t runs = 0;
  for (size_t i = 0; i < pipeline.size(); ++i) {
    if (pipeline[i].name != name || ++runs < run) continue;
    pipeline.erase(pipeline.begin() + static_cast<ptrdiff_t>(i) + 1, pipeline.end());
    return pipeline;
  }
  return usage_error(flag + " " + last,
                     runs == 0 ? fmt::format("{} is none of the passes to run", name)
                               : fmt::format("{} runs only {} time{}", name, runs, runs == 1 ? "" : "s"),
                     flag.starts_with("--") ? "--passes says which are run" : "");
}

}  // namespace minnow
