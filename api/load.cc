// Models in and out.
#include <algorithm>
#include <filesystem>
#include <limits>

#include "api/border.h"
#include "api/model.h"
#include "codegen/machine/object_cache.h"
#include "frontend/load/override_model.h"
#include "frontend/lower/validate_learning.h"
#include "frontend/onnx/import_graph.h"
#include "runtime/data/load_data.h"
#include "runtime/train/evaluate.h"
#include "runtime/train/export_network.h"
#include "runtime/train/run_folder.h"

namespace minnow::api {
namespace {

namespace fs = std::filesystem;

Result<SessionOptions> session_options(const minnow_options& options, const std::atomic<bool>& is_cancelled) {
  if (options.backend != MINNOW_JIT && options.backend != MINNOW_INTERPRETER)
    return misuse("options.backend", fmt::format("there is no backend {}", static_cast<int>(options.backend)));
  SessionOptions session;
  session.backend = options.backend == MINNOW_JIT ? Backend::kJit : Backend::kInterpreter;
  session.trains = options.infers_only == 0;
  if (options.max_bytes > 0) session.max_bytes = options.max_bytes;
  session.code.interrupt = &is_cancelled;
  const std::string folder = ObjectCache::default_folder();
  if (options.no_cache == 0 && ObjectCache(folder).check()) session.code.cache_folder = folder;
  return session;
}

Result<int> thread_count(const minnow_options& options) {
  if (options.threads < 0 || options.threads > 1024)
    return misuse("options.threads", fmt::format("is {}, but must lie in [0, 1024]", options.threads));
  return options.threads == 0 ? available_threads() : options.threads;
}

Result<std::vector<std::string>> assignments_of(const minnow_options& options) {
  if (options.assignment_count > 0) MINNOW_TRY(check_given(options.assignments, "options.assignments"));
  std::vector<std::string> assignments;
  for (size_t i = 0; i < options.assignment_count; ++i) {
    MINNOW_TRY(check_given(options.assignments[i], "options.assignments"));
    assignments.emplace_back(options.assignments[i]);
  }
  return assignments;
}

std::vector<WeightEntry> list_weights(Session& session) {
  std::vector<WeightEntry> entries;
  const auto add = [&](const std::string& name, minnow_weight_kind kind) {
    entries.push_back({name, kind, &session.tensors().at(name)});
  };
  for (const WeightInfo& weight : session.lowered().weights) add(weight.name, MINNOW_WEIGHT);
  for (const StateInfo& state : session.lowered().states) add(state.name, MINNOW_STATE);
  for (const auto& [name, tensor] : session.tensors())
    if (std::ranges::find(entries, name, &WeightEntry::name) == entries.end()) add(name, MINNOW_OPTIMIZER_STATE);
  return entries;
}

// A graph that leaves its batch open and does not train says nothing of how many examples to take at a time. Some that
// say that it is open have been made for one alone.
Result<std::unique_ptr<Session>> create_session(LoadedModel loaded, bool says_batch, const SessionOptions& options,
                                                ThreadPool& pool) {
  constexpr int64_t kGraphBatch = 64;
  if (loaded.graph && !says_batch && !loaded.has_loss() && fixed_batch(*loaded.graph) == 0) {
    LoadedModel wider = loaded;
    wider.model.mutable_training()->set_batch_size(kGraphBatch);
    auto session = Session::create(std::move(wider), options, pool);
    if (session && prediction_type(**session)) return session;
  }
  return Session::create(std::move(loaded), options, pool);
}

// A model that runs, of one that is loaded with the assignments applied.
template <typename Load>
Result<std::unique_ptr<minnow_model>> make_model(const minnow_options* given, Load load) {
  MINNOW_ASSIGN(const minnow_options options, filled_up(given, minnow_options MINNOW_OPTIONS_INIT));
  MINNOW_ASSIGN(const auto assignments, assignments_of(options));
  MINNOW_ASSIGN(const int threads, thread_count(options));
  auto model = std::make_unique<minnow_model>(threads);
  MINNOW_ASSIGN(SessionOptions session, session_options(options, model->is_cancelled));
  MINNOW_ASSIGN(LoadedModel loaded, load());
  for (const std::string& assignment : assignments) MINNOW_TRY(set_field(loaded, assignment));
  const bool says_batch = loaded.model.training().has_batch_size();
  MINNOW_TRY(complete_model(loaded));
  session.trains = session.trains && loaded.has_loss();
  MINNOW_ASSIGN(model->session, create_session(std::move(loaded), says_batch, session, model->pool));
  model->max_bytes = session.max_bytes;
  model->infers_only = !session.trains;
  model->weights = list_weights(*model->session);
  const auto& names = model->session->model().model.data().class_names();
  model->class_names = {names.begin(), names.end()};
  return model;
}

// A file that has no names leaves those that the model has.
void take_names(minnow_model& model, std::vector<std::string> names) {
  if (!names.empty()) model.class_names = std::move(names);
}

Status take_weights(const std::string& path, minnow_model& model) {
  MINNOW_ASSIGN(auto names, load_weights(path, *model.session));
  take_names(model, std::move(names));
  return {};
}

Status take_checkpoint(const std::string& path, minnow_model& model) {
  MINNOW_ASSIGN(Checkpoint checkpoint, restore_checkpoint(path, *model.session));
  model.state = std::move(checkpoint.state);
  take_names(model, std::move(checkpoint.class_names));
  return {};
}

// What a run has come to, as `eval` takes it.
Status take_weights_of_run(const RunFolder& folder, minnow_model& model) {
  const auto path = folder.result_path();
  if (!path) return {};
  return model.infers_only ? take_weights(*path, model) : take_checkpoint(*path, model);
}

Result<std::unique_ptr<minnow_model>> load_any(const std::string& path, const minnow_options* options) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return make_model(options, [&] { return load_model(path); });
  const RunFolder folder = RunFolder::at(path);
  if (!fs::exists(folder.config_path(), ignored))
    return fail_with_hint(path, "is a folder, not a model file", "a run folder would do: it has a config.textproto");
  MINNOW_ASSIGN(auto model, make_model(options, [&] { return load_model(folder.config_path()); }));
  MINNOW_TRY(take_weights_of_run(folder, *model));
  return model;
}

}  // namespace

Status check_learns(minnow_model* model) {
  MINNOW_TRY(check_has_loss(model->session->model()));
  if (model->infers_only) return misuse("model", "was loaded for inference alone", "load it without infers_only");
  if (!model->may_learn) MINNOW_TRY(validate_learning(model->session->model(), model->session->lowered()));
  model->may_learn = true;
  return {};
}

Result<DataSplits*> own_data(minnow_model* model, const char* data_dir) {
  const std::string folder = data_dir == nullptr ? "" : data_dir;
  if (const auto known = model->data.find(folder); known != model->data.end()) return &known->second;
  const LoadedModel& loaded = model->session->model();
  if (!loaded.model.has_data())
    return fail_with_hint(loaded.path, "the model names no data", "hand over arrays, or add: data { builtin: GLYPHS }");
  MINNOW_ASSIGN(DataSplits data, load_data(loaded.model.data(), load_options(*model->session, folder), model->pool));
  MINNOW_TRY(check_data_fits(*model->session, data));
  model->class_names = data.train.class_names;
  return &model->data.emplace(folder, std::move(data)).first->second;
}

}  // namespace minnow::api

using namespace minnow;       // NOLINT
using namespace minnow::api;  // NOLINT

extern "C" {

minnow_status minnow_load(const char* path, const minnow_options* options, minnow_model** model) {
  return at_border([&]() -> Status {
    MINNOW_TRY(check_given(model, "model"));
    *model = nullptr;
    MINNOW_TRY(check_given(path, "path"));
    MINNOW_ASSIGN(auto made, load_any(path, options));
    *model = made.release();
    return {};
  });
}

minnow_status minnow_parse(const char* text, size_t length, const char* name, const minnow_options* options,
                           minnow_model** model) {
  return at_border([&]() -> Status {
    MINNOW_TRY(check_given(model, "model"));
    *model = nullptr;
    MINNOW_TRY(check_given(text, "text"));
    MINNOW_TRY(check_given(name, "name"));
    const std::string_view given(text, length);
    if (static_cast<int64_t>(length) > kMaxModelBytes)
      return fail(name, "is larger than the {} MiB that a model may have", kMaxModelBytes >> 20);
    MINNOW_ASSIGN(auto made, make_model(options, [&] { return parse_model_text(given, name); }));
    *model = made.release();
    return {};
  });
}

void minnow_free(minnow_model* model) { delete model; }

minnow_status minnow_model_text(const minnow_model* model, char** text) {
  return at_border([&]() -> Status {
    MINNOW_TRY(check_given(model, "model"));
    MINNOW_TRY(check_given(text, "text"));
    return give_text(model_to_text(model->session->model().model), text);
  });
}

void minnow_cancel(minnow_model* model) {
  if (model != nullptr) model->is_cancelled.store(true, std::memory_order_relaxed);
}

minnow_status minnow_save(const minnow_model* model, const char* path) {
  return at_border([&]() -> Status {
    MINNOW_TRY(check_given(model, "model"));
    MINNOW_TRY(check_given(path, "path"));
    return save_checkpoint(path, *model->session, model->state, model->class_names);
  });
}

minnow_status minnow_export_onnx(const minnow_model* model, const char* path, int logits) {
  return at_border([&]() -> Status {
    MINNOW_TRY(check_given(model, "model"));
    MINNOW_TRY(check_given(path, "path"));
    return export_network(*model->session, {.has_logits = logits != 0, .class_names = model->class_names}, path);
  });
}

minnow_status minnow_load_weights(minnow_model* model, const char* path) {
  return at_border([&]() -> Status {
    MINNOW_TRY(check_given(model, "model"));
    MINNOW_TRY(check_given(path, "path"));
    return take_weights(path, *model);
  });
}

minnow_status minnow_load_checkpoint(minnow_model* model, const char* path) {
  return at_border([&]() -> Status {
    MINNOW_TRY(check_given(model, "model"));
    MINNOW_TRY(check_given(path, "path"));
    MINNOW_TRY(check_learns(model));
    return take_checkpoint(path, *model);
  });
}

}  // extern "C"
