// What every subcommand has in common. A command adds its flags to a CLI::App and returns what to do once
// they are parsed. Results go to stdout; progress, notes and errors to stderr.
#pragma once

#include <functional>

#include "tools/flags/flags.h"

namespace minnow {

using Action = std::function<Result<ExitCode>()>;

Action add_new(CLI::App& app);
Action add_check(CLI::App& app);
Action add_train(CLI::App& app);
Action add_eval(CLI::App& app);
Action add_predict(CLI::App& app);
Action add_export(CLI::App& app);
Action add_compile(CLI::App& app);
Action add_explain(CLI::App& app);
Action add_opt(CLI::App& app);
Action add_run(CLI::App& app);
Action add_bench(CLI::App& app);
Action add_profile(CLI::App& app);
Action add_gradcheck(CLI::App& app);
Action add_diff(CLI::App& app);
Action add_fuzz(CLI::App& app);
Action add_reduce(CLI::App& app);
Action add_memory(CLI::App& app);
Action add_sweep(CLI::App& app);
Action add_experiment(CLI::App& app);
Action add_plot(CLI::App& app);
Action add_report(CLI::App& app);
Action add_data(CLI::App& app);
Action add_info(CLI::App& app);
Action add_completion(CLI::App& app);

}  // namespace minnow
