// What Minnow itself has written: checkpoints and machine code.
#include "codegen/machine/object_cache.h"
#include "runtime/safetensors.h"
#include "runtime/train/checkpoint.h"
#include "tests/fuzz/targets/memory_file.h"
#include "tests/fuzz/targets/targets.h"

namespace minnow::testing {
namespace {

constexpr char kModel[] = R"(
  inputs { name: "x" shape: 2 }
  layers { name: "fc" dense { units: 1 } }
  loss { mean_squared_error {} }
  training { learning_rate: 0.1 momentum {} }
  data { linear_regression { weights: [1, 2] } }
)";

// Whatever a checkpoint holds goes into this network, or is refused.
struct Network {
  Network() : model(read()), pool(1) {
    SessionOptions options;
    options.backend = Backend::kInterpreter;
    session = *Session::create(model, options, pool);
  }
  static LoadedModel read() {
    const MemoryFile file(kModel);
    return *read_experiment(file.path());
  }

  LoadedModel model;
  ThreadPool pool;
  std::unique_ptr<Session> session;
};

}  // namespace

void fuzz_checkpoint(std::string_view bytes) {
  static Network network;
  if (const auto read = parse_safetensors(bytes, "fuzz.safetensors")) {
    for (const NamedTensor& named : read->tensors)
      MINNOW_CHECK(read->find(named.name) != nullptr, "{} cannot be found", named.name);
  }
  const MemoryFile file(bytes);
  const auto state = load_checkpoint(file.path(), *network.session);
  if (state) MINNOW_CHECK(state->step >= state->batch_in_epoch, "step {}", state->step);
  (void)load_weights(file.path(), *network.session);
  for (const Naming names : {Naming::kMinnow, Naming::kPyTorch, Naming::kKeras})
    (void)load_weights(file.path(), *network.session, names);
}

void fuzz_cache(std::string_view bytes) {
  (void)parse_kernels("", bytes);
  const std::string sealed = seal_kernels(bytes);
  const auto entry = parse_kernels("", sealed);
  if (entry) MINNOW_CHECK(parse_kernels("key", serialize_kernels("key", *entry)).has_value(), "does not parse again");
}

}  // namespace minnow::testing
