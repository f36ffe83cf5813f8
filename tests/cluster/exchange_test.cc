// What ranks say to each other, over MPI and by their lifelines.
#include <gtest/gtest.h>

#include <cstdlib>

#include "runtime/cluster/carried_error.h"
#include "runtime/cluster/launch.h"
#include "tests/cluster/mpirun.h"

namespace minnow::testing {
namespace {

TEST(CarriedError, ComesOutAsItWentIn) {
  Error error{"a.ir:3:1", "a \"b\"\n\xc3\xa9", "do", ExitCode::kMismatch};
  error.others = {{"x", "y", "z"}};
  error.left_out = 4;
  const std::string text = carry(error);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const Error back = carried_error(text);
  EXPECT_EQ(back.to_string(), error.to_string());
  EXPECT_EQ(back.code, ExitCode::kMismatch);
  EXPECT_EQ(back.left_out, 4);
  EXPECT_NE(carried_error("{").message, "");
}

class FindLaunch : public ::testing::Test {
 protected:
  FindLaunch() { clear(); }
  ~FindLaunch() override { clear(); }
  static void clear() {
    for (const char* name : {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "PMI_RANK", "PMI_SIZE", "SLURM_PROCID",
                             "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS", "MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE"})
      ::unsetenv(name);
  }
};

TEST_F(FindLaunch, TellsRanksFromAProcessOfItsOwn) {
  EXPECT_FALSE(find_launch());
  ::setenv("OMPI_COMM_WORLD_RANK", "2", 1);
  EXPECT_FALSE(find_launch());  // of how many?
  ::setenv("OMPI_COMM_WORLD_SIZE", "3", 1);
  ASSERT_TRUE(find_launch());
  EXPECT_EQ(find_launch()->rank, 2);
  EXPECT_EQ(find_launch()->size, 3);
  ::setenv("OMPI_COMM_WORLD_RANK", "3", 1);
  EXPECT_FALSE(find_launch());  // no such rank
  clear();
  ::setenv("PMI_RANK", "0", 1);
  ::setenv("PMI_SIZE", "1", 1);
  EXPECT_FALSE(find_launch());
}

// Within a job of Slurm a shell is a task, too, but of one only where srun has started it.
TEST_F(FindLaunch, TakesAnAllocationForNoLaunch) {
  ::setenv("SLURM_NTASKS", "8", 1);
  ::setenv("SLURM_PROCID", "0", 1);
  EXPECT_FALSE(find_launch());
  ::setenv("SLURM_STEP_NUM_TASKS", "8", 1);
  ASSERT_TRUE(find_launch());
  EXPECT_EQ(find_launch()->launcher, "srun");
}

#ifdef MINNOW_EXCHANGE
class Exchange : public ::testing::TestWithParam<int> {};

TEST_P(Exchange, IsWhatItMustBe) {
  SKIP_WITHOUT_RANKS();
  const RunOptions options = on_ranks(GetParam());
  for (const auto& [name, value] : options.environment) ::setenv(name.c_str(), value.c_str(), 1);
  const std::string command =
      "mpirun -n " + std::to_string(GetParam()) + " " MINNOW_EXCHANGE " " + std::to_string(GetParam());
  EXPECT_EQ(std::system(command.c_str()), 0);
}

INSTANTIATE_TEST_SUITE_P(Ranks, Exchange, ::testing::Values(1, 2, 5));
#endif

}  // namespace
}  // namespace minnow::testing
