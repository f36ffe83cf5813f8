#include <fmt/format.h>
#include <llvm/Config/llvm-config.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "codegen/target/target.h"
#include "tools/command.h"

namespace minnow {
namespace {

// Bytes per core of level 1 (data), 2 and 3; 0 where the system does not say.
std::array<int64_t, 3> cache_bytes() {
  const auto bytes = [](int name) { return std::max<int64_t>(0, ::sysconf(name)); };
  return {bytes(_SC_LEVEL1_DCACHE_SIZE), bytes(_SC_LEVEL2_CACHE_SIZE), bytes(_SC_LEVEL3_CACHE_SIZE)};
}

std::string tile_text(const TileShape& tile) { return fmt::format("{} x {} vectors", tile.rows, tile.vectors); }

void print_text(const Target& target) {
  const auto caches = cache_bytes();
  fmt::print("cpu       {}\nlanes     {} (f32 in one vector)\nthreads   {}\n", target.cpu, target.lanes,
             available_threads());
  fmt::print("cache     {} KiB, {} KiB, {} KiB\n", caches[0] >> 10, caches[1] >> 10, caches[2] >> 10);
  fmt::print("registers {} for sums\ndot tile  {}\nllvm      {}\n", target.tiles.accumulators,
             tile_text(target.tiles.dot), LLVM_VERSION_STRING);
}

nlohmann::ordered_json to_json(const Target& target) {
  const auto tile = [](const TileShape& shape) {
    return nlohmann::ordered_json{{"rows", shape.rows}, {"vectors", shape.vectors}};
  };
  return {{"cpu", target.cpu},
          {"lanes", target.lanes},
          {"threads", available_threads()},
          {"cache_bytes", cache_bytes()},
          {"accumulators", target.tiles.accumulators},
          {"dot_tile", tile(target.tiles.dot)},
          {"llvm", LLVM_VERSION_STRING}};
}

}  // namespace

Action add_info(CLI::App& app) {
  auto json = std::make_shared<bool>(false);
  add_json_flag(app, *json);
  app.footer("What the compiler sees of this machine.");
  return [json]() -> Result<ExitCode> {
    MINNOW_ASSIGN(const Target target, host_target());
    if (*json) print_json(to_json(target));
    else print_text(target);
    return ExitCode::kDone;
  };
}

}  // namespace minnow
