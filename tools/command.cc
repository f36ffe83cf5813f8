#include "tools/command.h"

namespace minnow {

void ModelFlags::add(CLI::App& app) {
  app.add_option("model", path, "the model file, .textproto or binary")->required()->type_name("MODEL");
  app.add_option_function<std::vector<std::string>>(
         "--set", [this](const std::vector<std::string>& given) {
           assignments.insert(assignments.end(), given.begin(), given.end());
         },
         "change a field of the model: --set training.seed=1")
      ->type_name("FIELD=VALUE")
      ->allow_extra_args(false)
      ->take_all();
}

void ModelFlags::add_shorthand(CLI::App& app, const std::string& flag, const std::string& path,
                               const std::string& help) {
  app.add_option_function<std::string>(
      flag, [this, path](const std::string& value) { assignments.push_back(path + "=" + value); }, help);
}

void BackendFlags::add(CLI::App& app) {
  app.add_option("--backend", backend, "jit, or the reference interpreter")
      ->check(CLI::IsMember({"jit", "interpreter"}))
      ->capture_default_str();
  app.add_option("--threads", threads, "threads to run on; 0 takes all there are")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_option("--max-memory", max_memory_mib, "refuse a model that needs more, MiB")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 24))
      ->capture_default_str();
}

SessionOptions BackendFlags::session_options() const {
  SessionOptions options;
  options.backend = backend == "jit" ? Backend::kJit : Backend::kInterpreter;
  options.max_bytes = max_memory_mib << 20;
  return options;
}

int BackendFlags::thread_count() const { return threads == 0 ? available_threads() : threads; }

}  // namespace minnow
