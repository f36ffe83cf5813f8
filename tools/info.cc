#include <fmt/format.h>
#include <llvm/Config/llvm-config.h>

#include <nlohmann/json.hpp>

#include "codegen/target/target.h"
#include "tools/command.h"

namespace minnow {
namespace {

std::string tile_text(const TileShape& tile) { return fmt::format("{} x {} vectors", tile.rows, tile.vectors); }

std::string cache_text(const Cache& cache) {
  if (cache.bytes == 0) return "none";
  return cache.ways > 0 ? fmt::format("{} KiB in {} ways", cache.bytes >> 10, cache.ways)
                        : fmt::format("{} KiB", cache.bytes >> 10);
}

void print_text(const Target& target) {
  const Processor& row = target.processor;
  fmt::print("cpu        {}\nprocessor  {}\nlanes      {} (f32 in one vector)\nthreads    {}\n", target.cpu, row.name,
             row.lanes, available_threads());
  fmt::print("cache      {}, {}, {} (of a core)\n", cache_text(row.level1), cache_text(row.level2),
             cache_text(row.level3));
  fmt::print("per cycle  {} multiply-adds and {} loads of vectors, {} FLOP; {} cycles each\n", row.multiply_adds,
             row.loads, row.flops_per_cycle(), row.latency);
  fmt::print("registers  {} of vectors, {} for sums\ndot tile   {}\nrounding   {}\nllvm       {}\n", row.registers,
             target.accumulators, tile_text(target.schedule.tiles.dot),
             target.has_fma ? "a product with its sum" : "a product before its sum", LLVM_VERSION_STRING);
}

nlohmann::ordered_json to_json(const Target& target) {
  const Processor& row = target.processor;
  const auto cache = [](const Cache& level) {
    return nlohmann::ordered_json{{"bytes", level.bytes}, {"ways", level.ways}};
  };
  return {{"cpu", target.cpu},
          {"processor", row.name},
          {"lanes", row.lanes},
          {"threads", available_threads()},
          {"caches", {cache(row.level1), cache(row.level2), cache(row.level3)}},
          {"registers", row.registers},
          {"multiply_adds_per_cycle", row.multiply_adds},
          {"latency_cycles", row.latency},
          {"loads_per_cycle", row.loads},
          {"flops_per_cycle", row.flops_per_cycle()},
          {"fused_multiply_add", target.has_fma},
          {"accumulators", target.accumulators},
          {"dot_tile", {{"rows", target.schedule.tiles.dot.rows}, {"vectors", target.schedule.tiles.dot.vectors}}},
          {"llvm", LLVM_VERSION_STRING}};
}

}  // namespace

Action add_info(CLI::App& app) {
  struct Flags {
    std::string triple, cpu;
    bool json = false;
  };
  auto flags = std::make_shared<Flags>();
  app.add_option("--target", flags->triple, "another machine's LLVM triple")->type_name("TRIPLE");
  app.add_option("--cpu", flags->cpu, "another CPU, as LLVM names it")->type_name("NAME");
  add_json_flag(app, flags->json);
  app.footer("What the compiler sees of this machine, or counts on in another.");
  return [flags]() -> Result<ExitCode> {
    MINNOW_ASSIGN(const Target target, named_target(flags->triple, flags->cpu));
    if (flags->json) print_json(to_json(target));
    else print_text(target);
    return ExitCode::kDone;
  };
}

}  // namespace minnow
