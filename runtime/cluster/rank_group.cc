#include "runtime/cluster/rank_group.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>

#include "runtime/cluster/agreement.h"

namespace minnow {
namespace {

// A letter for each core, '1' where this process may run.
std::string core_mask() {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  if (::sched_getaffinity(0, sizeof(cpus), &cpus) != 0) return "1";
  std::string mask;
  for (int i = 0; i < CPU_SETSIZE; ++i) mask += CPU_ISSET(i, &cpus) ? '1' : '0';
  return mask;
}

// Each core counts for as much as this rank has of it.
int share_of_cores(const std::string& mine, const std::vector<std::string>& all) {
  double cores = 0;
  for (size_t i = 0; i < mine.size(); ++i) {
    if (mine[i] != '1') continue;
    cores += 1.0 / static_cast<double>(std::ranges::count_if(
                       all, [&](const std::string& mask) { return i < mask.size() && mask[i] == '1'; }));
  }
  constexpr double kRounding = 1e-6;
  return std::max(1, static_cast<int>(cores + kRounding));
}

}  // namespace

Result<std::unique_ptr<RankGroup>> RankGroup::join(const Launch& launch, std::chrono::milliseconds timeout) {
  std::unique_ptr<RankGroup> group(new RankGroup);
  MINNOW_ASSIGN(group->communicator_, open_mpi(launch.launcher));
  if (group->communicator_->size() != launch.size)
    return fail_with_hint(
        launch.launcher,
        fmt::format("{} ranks were started, but MPI knows of {}", launch.size, group->communicator_->size()),
        "use the launcher of the MPI that minnow was built with");
  group->wait_for(timeout);
  MINNOW_TRY(group->look_around());
  MINNOW_ASSIGN(group->lifeline_, Lifeline::connect(*group->communicator_, group->names_));
  group->wait_for(timeout);
  if (Lifeline* lifeline = group->lifeline_.get())
    group->communicator_->set_watch([lifeline]() -> std::optional<Error> {
      const auto loss = lifeline->lost();
      return loss ? std::optional(loss->error) : std::nullopt;
    });
  return group;
}

Status RankGroup::look_around() {
  MINNOW_ASSIGN(const auto hosts, share(*communicator_, host_name()));
  MINNOW_ASSIGN(const auto processes, share(*communicator_, std::to_string(::getpid())));
  const std::string mine = core_mask();
  MINNOW_ASSIGN(const auto masks, share(*communicator_, mine));
  std::vector<std::string> here;
  for (size_t r = 0; r < hosts.size(); ++r) {
    names_.push_back(fmt::format("rank {} ({}, process {})", r, hosts[r], processes[r]));
    if (hosts[r] == host_name()) here.push_back(masks[r]);
  }
  cores_ = share_of_cores(mine, here);
  ranks_here_ = static_cast<int>(here.size());
  return {};
}

void RankGroup::wait_for(std::chrono::milliseconds timeout) {
  if (lifeline_) lifeline_->set_timeout(timeout);
  communicator_->set_timeout(lifeline_ ? std::nullopt : std::optional(timeout));
}

std::optional<Lifeline::Loss> RankGroup::end(const std::optional<Error>& error) {
  return lifeline_ ? lifeline_->end(error) : std::nullopt;
}

}  // namespace minnow
