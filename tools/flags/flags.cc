#include "tools/flags/flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "codegen/machine/object_cache.h"
#include "frontend/load/load_experiment.h"
#include "frontend/load/program.h"
#include "frontend/onnx/onnx_file.h"
#include "ir/printable.h"
#include "runtime/data/load_data.h"
#include "runtime/division/held_bytes.h"
#include "runtime/train/evaluate.h"
#include "runtime/train/run_folder.h"
#include "runtime/tune.h"
#include "tools/flags/available_memory.h"
#include "tools/flags/interrupt.h"
#include "tools/flags/models_folder.h"
#include "tools/flags/ranks.h"

namespace minnow {

namespace {

constexpr const char* kModelFlags = "Model and data";

}  // namespace

void add_set_flag(CLI::App& app, std::vector<std::string>& assignments) {
  app.add_option_function<std::vector<std::string>>(
         "--set",
         [&assignments](const std::vector<std::string>& given) {
           assignments.insert(assignments.end(), given.begin(), given.end());
         },
         "change a field of the model: --set training.seed=1; a list is 1,28,28 or [1,28,28]")
      ->type_name("FIELD=VALUE")
      ->allow_extra_args(false)
      ->take_all()
      ->group(kModelFlags);
}

void ModelFlags::add(CLI::App& app, Takes takes) {
  const bool takes_ir = takes == Takes::kModelOrIr;
  app.add_option("model", path,
                 takes_ir ? "the model file, .textproto or binary, a run folder, a graph of ONNX, or IR text"
                          : "the model file, .textproto or binary, a run folder, a graph of ONNX, or IR text with a "
                            "function @loss")
      ->required()
      ->type_name(takes_ir ? "MODEL|FILE.ir" : "MODEL");
  add_set_flag(app, assignments);
}

void ModelFlags::add_shorthand(CLI::App& app, const std::string& flag, const std::string& path,
                               const std::string& help) {
  const auto assign = [this, path, short_flag = flag.substr(0, flag.find(','))](const std::string& value) {
    assignments.push_back(path + "=" + value);
    shorthands["--set " + path] = short_flag;
  };
  app.add_option_function<std::string>(flag, assign, help)->group(kModelFlags);
}

Result<std::string> ModelFlags::file() const {
  std::error_code error;
  const std::string name = std::filesystem::path(path).stem().string();
  if (!std::filesystem::exists(path, error) && std::ranges::count(shipped_names(models_folder()), name) > 0)
    return fail_with_hint(path, "there is no such file",
                          fmt::format("minnow new {0} > {0}.textproto writes the model of this name", name));
  if (!std::filesystem::is_directory(path, error)) return path;
  const std::string config = RunFolder::at(path).config_path();
  if (std::filesystem::exists(config, error)) return config;
  return fail_with_hint(path, "is a folder, not a model file", "a run folder would do: it has a config.textproto");
}

Result<LoadedModel> ModelFlags::read() const {
  MINNOW_ASSIGN(const std::string file_path, file());
  const auto as_given = [&](std::string& where) {
    if (const auto found = shorthands.find(where); found != shorthands.end()) where = found->second;
  };
  Result<LoadedModel> loaded = read_experiment(file_path, assignments);
  if (!loaded) as_given(loaded.error().where);
  else
    for (auto& [field, where] : loaded->places) as_given(where);
  return loaded;
}

void DataFlags::add(CLI::App& app) {
  app.add_option("--data-dir", data_dir, "where the files of the data lie")
      ->check(CLI::ExistingDirectory)
      ->type_name("DIR")
      ->group(kModelFlags);
}

Result<DataSplits> DataFlags::load(const Session& session, ThreadPool& pool) const {
  const Model& model = session.model().model;
  if (!model.has_data())
    return fail_with_hint(session.model().where(""), "the model names no data",
                          is_ir_file(session.model().path) || is_onnx_file(session.model().path)
                              ? "--set data.builtin=GLYPHS names some"
                              : "add: data { builtin: GLYPHS }");
  MINNOW_ASSIGN(DataSplits data, load_data(model.data(), load_options(session, data_dir), pool));
  MINNOW_TRY(check_data_fits(session, data));
  print_notes(data.train.notes);
  print_notes(data.validation.notes);
  return data;
}

void print_notes(const std::vector<std::string>& notes) {
  for (const std::string& note : notes) std::fputs((printable(note) + "\n").c_str(), stderr);
}

void add_json_flag(CLI::App& app, bool& json) { app.add_flag("--json", json, "print one JSON object"); }

void print_json(const nlohmann::ordered_json& object) {
  // Names may come from files in any encoding, but JSON is UTF-8.
  constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;
  fmt::print("{}\n", object.dump(2, ' ', false, kReplace));
}

namespace {

void print_tuned(const TuneReport& report) {
  fmt::print(stderr, "tuned @{}: {} of {} kernels have other schedules, {:.2f}x as fast; the search took {:.1f} s\n",
             report.function, report.changed, report.kernels, report.seconds_before / report.seconds_after,
             report.search_seconds);
}

// Empty if what lies there is not to be trusted, which is told once.
std::string trusted_cache_folder() {
  static const std::string folder = [] {
    const std::string chosen = ObjectCache::default_folder();
    const Status trusted = ObjectCache(chosen).check();
    if (trusted) return chosen;
    print_notes({fmt::format("{}: is not used to keep machine code: {}", chosen, trusted.error().message),
                 "  hint: chmod 700 it if it is yours and so is all in it, or name another in MINNOW_CACHE"});
    return std::string();
  }();
  return folder;
}

constexpr const char* kGroup = "Running";

}  // namespace

void add_cpu_flag(CLI::App& app, std::string& cpu) {
  app.add_option("--cpu", cpu, "compile for this CPU, as LLVM names it; code that runs here must be for one like this")
      ->type_name("NAME")
      ->group(kGroup);
}

void BackendFlags::add(CLI::App& app) {
  const int ranks_here = this_group() ? this_group()->ranks_here() : 1;
  max_memory_mib = std::max<int64_t>(1, available_memory() / ranks_here / 4 * 3 >> 20);
  app.add_option("--backend", backend, "jit, or the reference interpreter")
      ->check(CLI::IsMember({"jit", "interpreter"}))
      ->capture_default_str()
      ->group(kGroup);
  app.add_option("--threads", threads, "threads to run on; 0 takes all there are")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str()
      ->group(kGroup);
  add_cpu_flag(app, cpu);
  app.add_flag("--no-cache", no_cache, "compile anew, and keep no machine code")->group(kGroup);
  app.add_flag("--tune", tune, "search for each kernel's schedule; what is found is kept with the machine code")
      ->group(kGroup);
  app.add_option("--max-memory", max_memory_mib, "refuse a model that needs more, MiB; three quarters of what is free")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 24))
      ->capture_default_str()
      ->group(kGroup);
}

SessionOptions BackendFlags::session_options() const {
  SessionOptions options;
  options.backend = backend == "jit" ? Backend::kJit : Backend::kInterpreter;
  options.max_bytes = max_memory_mib << 20;
  if (!no_cache) options.code.cache_folder = trusted_cache_folder();
  options.code.interrupt = &interrupt_flag();
  options.code.cpu = cpu;
  options.code.tune = tune;
  options.code.on_tuned = print_tuned;
  return options;
}

SessionOptions BackendFlags::inference_options() const {
  SessionOptions options = session_options();
  options.trains = false;
  return options;
}

Result<SessionOptions> BackendFlags::session_options_of_ranks() const {
  SessionOptions options = session_options();
  Communicator* ranks = this_communicator();
  if (ranks == nullptr) return options;
  if (tune)
    return fail_with_hint("--tune", "is of one process: what is measured differs from rank to rank", "leave it out");
  if (ranks->size() > kMostRanks)
    return fail_with_hint(
        "", fmt::format("{} ranks are too many for one step, which {} may divide", ranks->size(), kMostRanks),
        "start one on each machine, with all its threads");
  options.code.interrupt = nullptr;
  options.executor.ranks = ranks;
  MINNOW_ASSIGN(const int64_t least, ranks->max(-options.max_bytes));
  options.max_bytes = -least;
  return options;
}

int BackendFlags::thread_count() const {
  if (threads != 0) return threads;
  return this_group() ? this_group()->cores() : available_threads();
}

}  // namespace minnow
