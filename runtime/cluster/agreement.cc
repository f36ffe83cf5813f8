#include "runtime/cluster/agreement.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "runtime/cluster/carried_error.h"

namespace minnow {
namespace {

using Json = nlohmann::json;

std::span<std::byte> bytes_of(std::string& text) { return std::as_writable_bytes(std::span(text)); }

}  // namespace

std::string host_name() {
  std::array<char, 256> name = {};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "?";
}

std::string name_of_rank(int rank, const std::string& host) { return fmt::format("rank {} ({})", rank, host); }

Result<std::vector<std::string>> share(Communicator& ranks, const std::string& mine) {
  const auto count = static_cast<size_t>(ranks.size());
  std::vector<int64_t> sizes(count), bounds(count + 1);
  sizes[static_cast<size_t>(ranks.rank())] = std::ssize(mine);
  for (size_t r = 0; r <= count; ++r) bounds[r] = static_cast<int64_t>(r * sizeof(int64_t));
  MINNOW_ASSIGN(const auto of_sizes, ranks.begin_gather(std::as_writable_bytes(std::span(sizes)).data(), bounds));
  MINNOW_TRY(ranks.wait(of_sizes));
  for (size_t r = 0; r < count; ++r) bounds[r + 1] = bounds[r] + sizes[r];
  std::string whole(static_cast<size_t>(bounds[count]), '\0');
  std::ranges::copy(mine, whole.begin() + bounds[static_cast<size_t>(ranks.rank())]);
  MINNOW_ASSIGN(const auto of_texts, ranks.begin_gather(bytes_of(whole).data(), bounds));
  MINNOW_TRY(ranks.wait(of_texts));
  std::vector<std::string> texts;
  for (size_t r = 0; r < count; ++r)
    texts.push_back(whole.substr(static_cast<size_t>(bounds[r]), static_cast<size_t>(sizes[r])));
  return texts;
}

Status take_from_leader(Communicator& ranks, std::string& text) {
  auto size = static_cast<int64_t>(text.size());
  MINNOW_TRY(ranks.broadcast(std::as_writable_bytes(std::span(&size, 1)), 0));
  text.resize(static_cast<size_t>(size));
  return ranks.broadcast(bytes_of(text), 0);
}

Result<bool> any_of(Communicator* ranks, bool mine) {
  if (ranks == nullptr) return mine;
  MINNOW_ASSIGN(const int64_t most, ranks->max(mine ? 1 : 0));
  return most != 0;
}

Status agree(Communicator* ranks, Status mine) {
  if (ranks == nullptr) return mine;
  MINNOW_ASSIGN(const bool has_failed, any_of(ranks, !mine));
  if (!has_failed) return {};
  MINNOW_ASSIGN(const auto errors, share(*ranks, mine ? "" : carry(mine.error())));
  MINNOW_ASSIGN(const auto hosts, share(*ranks, host_name()));
  const auto first = std::ranges::find_if(errors, [](const std::string& text) { return !text.empty(); });
  Error error = carried_error(*first);
  const auto rank = static_cast<size_t>(first - errors.begin());
  if (std::ranges::count(errors, *first) != ranks->size() && rank > 0)
    error.message = name_of_rank(static_cast<int>(rank), hosts[rank]) + ": " + error.message;
  return tl::unexpected(std::move(error));
}

Status check_alike(Communicator& ranks, const std::vector<Likeness>& mine) {
  Json values = Json::array();
  for (const Likeness& likeness : mine) values.push_back(likeness.value);
  MINNOW_ASSIGN(const auto all, share(ranks, values.dump(-1, ' ', false, Json::error_handler_t::replace)));
  MINNOW_ASSIGN(const auto hosts, share(ranks, host_name()));
  const Json first = Json::parse(all[0]);
  for (size_t i = 0; i < mine.size(); ++i)
    for (size_t r = 1; r < all.size(); ++r) {
      const Json other = Json::parse(all[r]);
      if (other.at(i) == first.at(i)) continue;
      return fail_with_hint(name_of_rank(static_cast<int>(r), hosts[r]),
                            fmt::format("{} differ: {}; {} has {}", mine[i].what, other.at(i).get<std::string>(),
                                        name_of_rank(0, hosts[0]), first.at(i).get<std::string>()),
                            mine[i].hint);
    }
  return {};
}

}  // namespace minnow
