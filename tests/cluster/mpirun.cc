#include "tests/cluster/mpirun.h"

#include <fmt/format.h>

#include <filesystem>
#include <sstream>

namespace minnow::testing {

namespace fs = std::filesystem;

std::string why_no_ranks() {
  if (!fs::exists(fs::path(MINNOW_PROGRAM).parent_path() / "minnow-mpi.so")) return "this build has no MPI";
  std::istringstream folders(std::getenv("PATH"));
  for (std::string folder; std::getline(folders, folder, ':');)
    if (fs::exists(folder + "/mpirun")) return "";
  return "there is no mpirun";
}

RunOptions on_ranks(int ranks, const std::string& before) {
  const std::string script =
      "rank=${OMPI_COMM_WORLD_RANK:-$PMI_RANK}; echo $$ > pid.$rank.new; mv pid.$rank.new pid.$rank; " + before +
      (before.empty() ? "" : "; ") + "exec \"$@\"";
  RunOptions options;
  options.launcher = {"mpirun", "-n", std::to_string(ranks), "sh", "-c", script, "sh"};
  options.environment = {{"OMPI_ALLOW_RUN_AS_ROOT", "1"},
                         {"OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"},
                         {"OMPI_MCA_rmaps_base_oversubscribe", "1"},
                         {"OMPI_MCA_orte_tmpdir_base", fs::temp_directory_path().string()}};
  options.memory_bytes = uint64_t{64} << 30;  // MPI reserves much of it
  return options;
}

std::string process_file(int rank) { return "pid." + std::to_string(rank); }

std::string words_of_minnow(const std::string& err) {
  std::istringstream lines(err);
  std::string words;
  bool is_framed = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("-----")) is_framed = !is_framed;
    else if (!is_framed) words += line + "\n";
  }
  return words;
}

std::string glyphs_model(const std::string& layers, const std::string& training, int train_examples,
                         int validation_examples) {
  return fmt::format(R"(
    inputs {{ name: "image" shape: [1, 28, 28] }}
    {}
    layers {{ name: "fc" dense {{ units: 10 }} }}
    loss {{ softmax_cross_entropy {{}} }}
    training {{ {} }}
    data {{ builtin: GLYPHS train_examples: {} validation_examples: {} }}
  )",
                     layers, training, train_examples, validation_examples);
}

Outcome RanksTest::run(const std::string& arguments, RunOptions options) const {
  options.environment["MINNOW_CACHE"] = bench_.path() + "/cache";
  return bench_.run(arguments, options);
}

}  // namespace minnow::testing
