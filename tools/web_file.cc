#include "tools/web_file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "runtime/file.h"
#include "runtime/safetensors.h"
#include "runtime/train/checkpoint.h"
#include "runtime/train/run_curves.h"
#include "tools/command.h"
#include "tools/flags/error_text.h"
#include "tools/flags/trained_model.h"
#include "tools/report/layer_table.h"
#include "tools/web/web_page.h"

namespace minnow {
namespace {

constexpr std::string_view kTriple = "wasm32-unknown-unknown";
constexpr int64_t kMostFreshBytes = 4 << 20;
constexpr int64_t kMostEvaluated = 100, kFewEvaluated = 16;  // examples at a time

// The functions that the page calls, each for its number of examples.
class Functions {
 public:
  Functions(const LoadedModel& loaded, const std::vector<Pass>& pipeline, int64_t max_bytes)
      : loaded_(loaded), pipeline_(pipeline), max_bytes_(max_bytes) {}

  Status add(std::string_view name, int64_t batch_size) {
    MINNOW_ASSIGN(auto function, build_function(loaded_, name, {{batch_size, max_bytes_}, pipeline_, {}}));
    pointers_.push_back(function.get());
    functions_.push_back(std::move(function));
    return {};
  }
  std::span<const Function* const> all() const { return pointers_; }

 private:
  const LoadedModel& loaded_;
  const std::vector<Pass>& pipeline_;
  int64_t max_bytes_;
  std::vector<std::unique_ptr<Function>> functions_;
  std::vector<const Function*> pointers_;
};

// The tensors that a bundle saves, but for an optimiser's, as they stand in the session.
std::string weights_file(const Session& session) {
  const LoweredModel& lowered = session.lowered();
  std::vector<NamedTensorRef> tensors;
  const auto add = [&](const auto& infos) {
    for (const auto& info : infos) tensors.push_back({info.name, &session.tensors().at(info.name)});
  };
  add(lowered.weights);
  add(lowered.states);
  return tensors.empty() ? "" : safetensors_bytes(tensors, {});
}

// Where trained weights are; empty: nowhere.
Result<std::string> trained_weights(const ModelFlags& model, const WebFlags& flags) {
  std::error_code error;
  if (!flags.weights.empty()) return weights_at(flags.weights);
  if (std::filesystem::is_directory(model.path, error)) return weights_at(model.path);
  return std::string();
}

// The model's data; a word on stderr where they cannot be had.
std::optional<DataSplits> load_data_of(const Session& session, const DataFlags& flags, ThreadPool& pool) {
  if (draws_data(session) || session.model().model.data().source_case() == spec::Data::SOURCE_NOT_SET) return {};
  auto data = flags.load(session, pool);
  if (data) {
    for (Dataset* split : {&data->train, &data->validation}) scale_bytes(*split);
    return *std::move(data);
  }
  fmt::print(stderr, "the page has no data: {}\n", error_text(data.error()));
  return {};
}

// What of them goes into the page; a word on stderr where that is not all.
std::optional<DataSplits> data_in_page(const Session& session, std::optional<DataSplits> data) {
  if (!data || fits_in_page(*data)) return data;
  if (data->train.windows || reads_files_of_its_kind(session)) {
    print_notes({"the data are too large for the page; it asks for files"});
    return {};
  }
  DataSplits part = part_for_page(*data);
  print_notes({fmt::format("the data are too large for the page; it has {} of {} examples, {} of {} to validate",
                           grouped(part.train.size()), grouped(data->train.size()), grouped(part.validation.size()),
                           grouped(data->validation.size()))});
  return part;
}

// Examples to evaluate at a time: so many that all are in whole batches, unless those were small.
int64_t evaluated_examples(const Session& session, const std::optional<DataSplits>& data) {
  const int64_t all = data                  ? data->validation.size()
                      : draws_data(session) ? session.model().model.data().validation_examples()
                                            : kMostEvaluated;
  for (int64_t count = std::min(all, kMostEvaluated); count >= kFewEvaluated; --count)
    if (all % count == 0) return count;
  return std::clamp<int64_t>(all, 1, kMostEvaluated);
}

Status add_functions(const Session& session, const std::optional<DataSplits>& data, Functions& functions) {
  const LoadedModel& loaded = session.model();
  const LoweredModel& lowered = session.lowered();
  const int64_t fixed = session.input_type().dim(0);
  MINNOW_TRY(functions.add("infer", lowered.has_fixed_batch ? fixed : 1));
  // Not every network can write, which is no mistake.
  if (lowered.labels_positions && lowered.inputs.size() == 1) (void)functions.add("generate", 1);
  if (!loaded.has_loss()) return {};
  MINNOW_TRY(functions.add("evaluate", lowered.has_fixed_batch ? fixed : evaluated_examples(session, data)));
  return functions.add("train_step", lowered.has_fixed_batch ? fixed : loaded.model.training().batch_size());
}

Result<Bundle> bundle_of(const Session& session, const Functions& functions) {
  const Model& model = session.model().model;
  BundleOptions options{.name = "net", .triple = std::string(kTriple)};
  options.has_weights = false;
  options.seed = static_cast<int32_t>(model.training().seed());
  options.positions = session.lowered().labels_positions ? session.input_type().dim(1) : 0;
  options.model = model.name();
  return make_bundle(functions.all(), options);
}

std::string title_of(const ModelFlags& flags, const Session& session) {
  const std::string& name = session.model().model.name();
  return name.empty() ? std::filesystem::path(last_name(flags.path)).stem().string() : name;
}

// Weights that training would begin with.
Status begin(Session& session) {
  if (!session.model().has_loss()) {
    MINNOW_ASSIGN(const TensorType type, prediction_type(session));
    return {};
  }
  MINNOW_ASSIGN(const auto first, load_first_weights(session));
  return first ? first->status : Status();
}

}  // namespace

Status write_web(const ModelFlags& model, const BackendFlags& backend, const WebFlags& flags) {
  if (flags.file.empty())
    return tl::unexpected(Error{"--emit=web", "the page needs a place to go to", "add -o page.html", ExitCode::kUsage});
  ThreadPool pool(backend.thread_count());
  MINNOW_ASSIGN(const std::string trained, trained_weights(model, flags));
  MINNOW_ASSIGN(const LoadedModel loaded, model.read());
  const SessionOptions options = loaded.has_loss() ? backend.session_options() : backend.inference_options();
  MINNOW_ASSIGN(const auto session, Session::create(loaded, options, pool));
  MINNOW_TRY(begin(*session));
  std::string weights = weights_file(*session);
  std::optional<std::string> fresh;
  std::vector<std::string> names;
  if (!trained.empty()) {
    MINNOW_ASSIGN(names, load_weights(trained, *session));
    if (loaded.has_loss() && std::ssize(weights) <= kMostFreshBytes) fresh = std::move(weights);
    weights = weights_file(*session);
  }
  const auto& given = loaded.model.data().class_names();
  if (names.empty()) names = {given.begin(), given.end()};
  std::optional<DataSplits> all = load_data_of(*session, flags.data, pool);
  if (all && names.empty()) names = all->train.class_names;
  std::vector<Brightness> brightness = brightness_of(*session, all ? &*all : nullptr);
  const int64_t training_examples = all ? all->train.size() : 0;
  std::optional<DataSplits> data = data_in_page(*session, std::move(all));

  Functions functions(session->model(), flags.pipeline, backend.session_options().max_bytes);
  MINNOW_TRY(add_functions(*session, data, functions));
  MINNOW_ASSIGN(const Bundle bundle, bundle_of(*session, functions));
  MINNOW_ASSIGN(const WasmModule code, link_wasm(bundle.files[0].second));
  const std::string page = web_page({.title = title_of(model, *session),
                                     .bundle = bundle,
                                     .code = code,
                                     .session = *session,
                                     .class_names = names_of_classes(std::move(names), *session),
                                     .weights = weights,
                                     .fresh = std::move(fresh),
                                     .data = std::move(data),
                                     .training_examples = training_examples,
                                     .brightness = std::move(brightness)});
  MINNOW_TRY(write_file_atomically(flags.file, page));
  fmt::print("{}: {} bytes, of which code {}, weights {}\n", flags.file, page.size(), code.bytes.size(),
             weights.size());
  return {};
}

}  // namespace minnow
