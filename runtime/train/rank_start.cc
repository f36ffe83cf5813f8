#include "runtime/train/rank_start.h"

#include <fmt/ranges.h>
#include <llvm/Support/xxhash.h>

#include <cstring>

#include "codegen/target/target.h"
#include "include/minnow/minnow.h"
#include "ir/printable.h"
#include "runtime/file.h"

namespace minnow {
namespace {

uint64_t hash_of(std::string_view bytes) { return llvm::xxh3_64bits(llvm::StringRef(bytes.data(), bytes.size())); }

uint64_t hash_of(const Tensor& tensor) {
  return hash_of(fmt::format("{} {:016x}", tensor.type().to_string(), hash_of(tensor.bytes())));
}

uint64_t hash_of(const Dataset& data) {
  std::string text = fmt::format("{:016x} {:016x}", hash_of(data.examples), hash_of(data.labels));
  text += fmt::format(" {}", data.byte_scale);
  for (const auto& [name, tensor] : data.others) text += fmt::format(" {} {:016x}", name, hash_of(tensor));
  for (const std::string& name : data.class_names) text += " " + name;
  if (const auto& windows = data.windows)
    text += fmt::format(" {:016x} {} {} {} {} {} {} {}", hash_of(windows->tokens->values),
                        fmt::join(windows->tokens->numbers, ","), windows->first, windows->length, windows->stride,
                        windows->count, windows->places, windows->draws);
  return hash_of(text);
}

Likeness data_likeness(const std::string& what, const Dataset& data) {
  return {what, fmt::format("{} examples of {} (hash {:016x})", data.size(), printable(data.name), hash_of(data)),
          "every rank must read the same files, in a shared folder or in copies"};
}

Result<Likeness> target_likeness(const std::string& cpu) {
  MINNOW_ASSIGN(const Target target, host_target(cpu));
  const std::string code = fmt::format("{} {} {}", target.triple, target.features, target.accumulators);
  return Likeness{
      "the processors",
      fmt::format("{} of {} lanes, with blocks for {} KiB (features {:08x})", target.cpu, target.lanes,
                  target.schedule.cache_bytes >> 10, static_cast<uint32_t>(hash_of(code))),
      "--cpu NAME, such as x86-64-v3, has all ranks run code that all of them can; minnow info shows a machine's"};
}

Result<Likeness> program_likeness() {
  MINNOW_ASSIGN(const std::string program, read_file("/proc/self/exe"));
  return Likeness{"the programs", fmt::format("minnow {} (hash {:016x})", MINNOW_VERSION_STRING, hash_of(program)),
                  "install the same build on all machines"};
}

// What of a run's state has one size; the history follows.
struct Numbers {
  int64_t step, batch_in_epoch, batch_size;
  double loss_sum, correct_sum, weight_sum;
};
static_assert(std::is_trivially_copyable_v<EpochMetrics>);

std::string bytes_of(const TrainingState& state) {
  const Numbers numbers = {state.step,     state.batch_in_epoch, state.batch_size,
                           state.loss_sum, state.correct_sum,    state.weight_sum};
  std::string bytes(reinterpret_cast<const char*>(&numbers), sizeof(numbers));
  bytes.append(reinterpret_cast<const char*>(state.history.data()), state.history.size() * sizeof(EpochMetrics));
  return bytes;
}

TrainingState state_of(const std::string& bytes) {
  Numbers numbers = {};
  std::memcpy(&numbers, bytes.data(), sizeof(numbers));
  TrainingState state{numbers.step, numbers.batch_in_epoch, numbers.batch_size, numbers.loss_sum, numbers.correct_sum,
                      {},           numbers.weight_sum};
  state.history.resize((bytes.size() - sizeof(numbers)) / sizeof(EpochMetrics));
  bytes.copy(reinterpret_cast<char*>(state.history.data()), state.history.size() * sizeof(EpochMetrics),
             sizeof(numbers));
  return state;
}

Result<std::vector<Likeness>> machine_likeness(const CodeOptions& code) {
  MINNOW_ASSIGN(Likeness program, program_likeness());
  MINNOW_ASSIGN(Likeness target, target_likeness(code.cpu));
  return std::vector<Likeness>{std::move(program), std::move(target)};
}

Result<std::vector<Likeness>> own_likeness(const Session& session, const DataSplits& data, const CodeOptions& code) {
  MINNOW_ASSIGN(std::vector<Likeness> likeness, machine_likeness(code));
  const std::string model = model_to_text(session.model().model);
  likeness.push_back({"the models", fmt::format("{} (hash {:016x})", printable(session.model().path), hash_of(model)),
                      "every rank must read the same file, with the same --set"});
  likeness.push_back(data_likeness("the training data", data.train));
  likeness.push_back(data_likeness("the validation data", data.validation));
  for (const Dataset* split : {&data.train, &data.validation}) MINNOW_TRY(check_unchanged(*split));
  return likeness;
}

}  // namespace

Status check_ranks_alike(Communicator& ranks, const Session& session, const DataSplits& data, const CodeOptions& code) {
  MINNOW_ASSIGN(const auto likeness, agree_on(&ranks, own_likeness(session, data, code)));
  return check_alike(ranks, likeness);
}

Status check_ranks_alike(Communicator& ranks, Likeness work, const CodeOptions& code) {
  MINNOW_ASSIGN(auto likeness, agree_on(&ranks, machine_likeness(code)));
  likeness.push_back(std::move(work));
  return check_alike(ranks, likeness);
}

std::string hash_text(std::string_view text) { return fmt::format("{:016x}", hash_of(text)); }

Status start_like_leader(Communicator& ranks, Session& session, TrainingState& state) {
  for (auto& [name, tensor] : session.tensors()) {
    MINNOW_TRY(ranks.broadcast({tensor.data(), tensor.bytes().size()}, 0));
  }
  std::string bytes = bytes_of(state);
  MINNOW_TRY(take_from_leader(ranks, bytes));
  state = state_of(bytes);
  return {};
}

}  // namespace minnow
