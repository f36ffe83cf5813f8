#include "runtime/cluster/launch.h"

#include <charconv>
#include <cstdlib>
#include <string_view>

namespace minnow {
namespace {

struct Variables {
  const char* rank;
  const char* size;
  const char* launcher;
};

// Of Open MPI; of MPICH and Intel MPI (Hydra), and of Slurm's PMI-2; of MVAPICH2; of Slurm with any plugin, PMIx among
// them. Every rank has them, and a job step of one task in Slurm's own has SLURM_PROCID, too.
constexpr Variables kVariables[] = {
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "mpirun"},
    {"PMI_RANK", "PMI_SIZE", "mpirun"},
    {"MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE", "mpirun"},
    {"SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "srun"},
};

std::optional<int> number_in(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr) return std::nullopt;
  const std::string_view digits(text);
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

}  // namespace

std::optional<Launch> find_launch() {
  for (const Variables& row : kVariables) {
    const auto rank = number_in(row.rank), size = number_in(row.size);
    if (!rank || !size || *rank < 0 || *rank >= *size) continue;
    if (*size == 1) return std::nullopt;
    return Launch{*rank, *size, row.launcher};
  }
  return std::nullopt;
}

}  // namespace minnow
