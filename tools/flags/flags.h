// Flags that several subcommands have, and what they mean.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "frontend/load/load_model.h"
#include "ir/error.h"
#include "runtime/data/dataset.h"
#include "runtime/executable.h"
#include "runtime/session.h"

namespace minnow {

// The model, a file or the folder of a run, and the flags that change fields of it.
struct ModelFlags {
  std::string path;
  std::vector<std::string> assignments;
  // Of those that a flag of their own gave, how a message is to name them: "--set training.epochs" is "--epochs".
  std::map<std::string, std::string> shorthands = {};

  enum class Takes { kModel, kModelOrIr };
  // Adds the positional MODEL and --set.
  void add(CLI::App& app, Takes takes = Takes::kModel);
  // Adds a flag that is short for `--set path=VALUE`.
  void add_shorthand(CLI::App& app, const std::string& flag, const std::string& path, const std::string& help);
  Result<std::string> file() const;  // that of a run is its configuration
  Result<LoadedModel> read() const;
};

// Adds --set, for every model that the command reads.
void add_set_flag(CLI::App& app, std::vector<std::string>& assignments);

// --data-dir.
struct DataFlags {
  std::string data_dir;

  void add(CLI::App& app);
  // The data that the session's model names, fit for its network.
  Result<DataSplits> load(const Session& session, ThreadPool& pool) const;
};

// Lines on stderr.
void print_notes(const std::vector<std::string>& notes);

// Adds --json, for commands whose results a program may read.
void add_json_flag(CLI::App& app, bool& json);
// Adds --cpu, for commands that run compiled code.
void add_cpu_flag(CLI::App& app, std::string& cpu);
// One object on stdout.
void print_json(const nlohmann::ordered_json& object);

// --backend, --threads, --cpu, --no-cache, --tune, --max-memory.
struct BackendFlags {
  std::string backend = "jit";
  int threads = 0;  // 0: as many as the process may use
  std::string cpu;  // empty: the host's own
  bool no_cache = false;
  bool tune = false;
  int64_t max_memory_mib = 0;  // add() makes it three quarters of what is free

  void add(CLI::App& app);
  SessionOptions session_options() const;
  SessionOptions inference_options() const;  // of a session that never trains
  // Of a session that this process's ranks have together, if there are several: none stops by itself.
  Result<SessionOptions> session_options_of_ranks() const;
  int thread_count() const;
};

}  // namespace minnow
