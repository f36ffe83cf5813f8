// Bundles as their callers know them: what they save and load, what they refuse, what they need from elsewhere.
#include "runtime/train/checkpoint.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "frontend/load/load_experiment.h"
#include "ir/text.h"
#include "passes/pipeline.h"
#include "runtime/safetensors.h"
#include "runtime/session.h"
#include "tests/bundle/bundle_run.h"

namespace minnow {
namespace {

LoadedModel read_model(const std::string& name) {
  return expect(read_experiment(MINNOW_SOURCE_DIR "/models/" + name + ".textproto", {"training.batch_size=2"}));
}

// "b" in a folder, with a program around `body`.
class Program {
 public:
  Program(const LoadedModel& model, const std::vector<std::string>& names, BundleOptions options = {}) {
    options.name = "b";
    options.model = model.model.name();
    std::vector<std::unique_ptr<Function>> built;
    std::vector<const Function*> functions;
    for (const std::string& name : names) {
      built.push_back(expect(build_function(model, name, {{2}, default_pipeline(), {}})));
      functions.push_back(built.back().get());
    }
    bundle_ = expect(make_bundle(functions, options));
    write_files(folder_, bundle_);
  }

  // What it prints.
  std::string run(const std::string& body) const {
    folder_.write(
        "p.c",
        "#include <stdio.h>\n#include <string.h>\n#include \"b.h\"\n"
        "static unsigned char room[B_MEMORY_SIZE + 64];\nstatic char file[1 << 20];\n"
        "static uint8_t x[B_TRAIN_STEP_IMAGE_SIZE];\nstatic int32_t y[B_TRAIN_STEP_TARGET_SIZE];\n"
        "int main(void) {\n unsigned char *memory = room + (64 - (uintptr_t)room % 64) % 64;\n float loss = 0;\n"
        " for (int i = 0; i < B_TRAIN_STEP_IMAGE_SIZE; ++i) x[i] = (uint8_t)(i % 7);\n" +
            body + " (void)loss; (void)y; (void)file; (void)memory; return 0;\n}\n");
    return output_in(folder_.path(), "cc -std=c99 -Wall -Wextra -Werror -o p p.c b.o && ./p");
  }
  const TemporaryFolder& folder() const { return folder_; }
  const Bundle& bundle() const { return bundle_; }

 private:
  TemporaryFolder folder_;
  Bundle bundle_;
};

TEST(BundleChecks, RefuseWhatCannotBe) {
  const Program program(read_model("softmax-regression"), {"train_step"});
  EXPECT_EQ(program.run(R"(
    printf("%d ", b_init(NULL));
    printf("%d ", b_init(memory + 4));
    printf("%d ", b_train_step(memory, x, y, 0.1f, &loss));
    printf("%d ", b_init(memory));
    printf("%d ", b_train_step(memory, NULL, y, 0.1f, &loss));
    printf("%d ", b_train_step(memory, x, y, 0.1f, NULL));
    memory[4] ^= 1;
    printf("%d ", b_train_step(memory, x, y, 0.1f, &loss));
    memory[4] ^= 1; memory[9] ^= 1;
    printf("%d ", b_train_step(memory, x, y, 0.1f, &loss));
)"),
            "1 2 3 0 1 0 4 4 ");
}

TEST(BundleChecks, WaitForWeights) {
  const Program program(read_model("softmax-regression"), {"train_step"}, {.has_weights = false});
  EXPECT_EQ(program.run(R"(
    b_init(memory);
    printf("%d ", b_train_step(memory, x, y, 0.1f, &loss));
    printf("%d ", b_load(memory, file, 100));
    printf("%d ", b_save(memory, file, B_CHECKPOINT_SIZE - 1));
    printf("%d ", b_save(memory, file, B_CHECKPOINT_SIZE));
    printf("%d ", b_load(memory, file, B_CHECKPOINT_SIZE - 1));
    printf("%d ", b_load(memory, file, B_CHECKPOINT_SIZE));
    printf("%d ", b_train_step(memory, x, y, 0.1f, &loss));
)"),
            "5 7 6 0 8 0 0 ");
}

// A checkpoint that a bundle writes is one of minnow's, and the other way round; training goes on from it as if it had
// not stopped.
TEST(BundleCheckpoint, IsReadOnBothSides) {
  const LoadedModel model = read_model("softmax-regression");
  const Program program(model, {"train_step"});
  EXPECT_EQ(program.run(R"(
    b_init(memory);
    for (int i = 0; i < 3; ++i) b_train_step(memory, x, y, 0.1f, &loss);
    b_save(memory, file, sizeof file);
    FILE *out = fopen("w.safetensors", "wb");
    fwrite(file, 1, B_CHECKPOINT_SIZE, out);
    fclose(out);
    float first, second;
    b_train_step(memory, x, y, 0.1f, &first);
    b_init(memory);
    printf("%d ", b_load(memory, file, B_CHECKPOINT_SIZE));
    b_train_step(memory, x, y, 0.1f, &second);
    printf("%d", first == second);
)"),
            "0 1");
  ThreadPool pool(1);
  const auto session = expect(Session::create(model, {}, pool));
  const std::string path = program.folder().file("w.safetensors");
  EXPECT_EQ(expect(load_checkpoint(path, *session)).step, 3);
  TrainingState state;
  state.step = 70;
  ASSERT_TRUE(save_checkpoint(program.folder().file("m.safetensors"), *session, state, {"a \"b\"", "c"}));
  EXPECT_EQ(program.run(R"(
    FILE *in = fopen("m.safetensors", "rb");
    size_t size = fread(file, 1, sizeof file, in);
    b_init(memory);
    printf("%d ", b_load(memory, file, size));
    int32_t step;
    memcpy(&step, memory + 20, 4);
    printf("%d ", (int)step);
    static char again[B_CHECKPOINT_SIZE];
    b_save(memory, again, sizeof again);
    /* The bias, which comes last here, and before the weight in a file with names in order. */
    printf("%d", memcmp(again + B_CHECKPOINT_SIZE - 40, file + size - 31360 - 40, 40));
)"),
            "0 70 0");
}

// A file that is cut, or has other letters anywhere in its header, is refused or read, and nothing beyond its end is.
TEST(BundleCheckpoint, DamageIsRefusedInPlace) {
  const Program program(read_model("softmax-regression"), {"train_step"});
  EXPECT_EQ(program.run(R"(
    b_init(memory);
    b_save(memory, file, sizeof file);
    size_t header = (unsigned char)file[0] + 256 * (size_t)(unsigned char)file[1];
    for (size_t i = 0; i < header + 8; ++i)
      for (int bit = 0; bit < 8; ++bit) {
        file[i] ^= (char)(1 << bit);
        int error = b_load(memory, file, B_CHECKPOINT_SIZE);
        if (error != 0 && error != 7 && error != 8) printf("%d at %d ", error, (int)i);
        file[i] ^= (char)(1 << bit);
      }
    for (size_t size = 0; size < header + 8; ++size)
      if (b_load(memory, file, size) == 0) printf("size %d ", (int)size);
    printf("%d", b_load(memory, file, B_CHECKPOINT_SIZE));
)"),
            "0");
}

TEST(BundleNames, AreOfC) {
  EXPECT_TRUE(is_c_identifier("lenet_5"));
  for (const char* name : {"", "5", "a-b", "int", "class", "a b"}) EXPECT_FALSE(is_c_identifier(name)) << name;
  EXPECT_EQ(c_identifier("conv1.weight"), "conv1_weight");
  EXPECT_EQ(c_identifier("for"), "for_");
}

// Names that are others' in C, differ as small letters only, or are of scalars in types that none has; numbers of f64.
constexpr std::string_view kOddNames = R"(
func @init(%x: f32[2], %X: f32[3], %export: f32[], %learning_rate: f64[] scalar) -> (memory: f64[], seed: f32[3]) {
  %most = constant {value = inf} : f64[]
  %rate = min(%learning_rate, %most) : f64[]
  return %rate, %X
}
func @train_step(%seed: f32[] scalar, %count: i32[1] state) -> (loss: f64[], count: i32[1]) {
  %before = constant {value = -1} : i32[1]
  %next = add(%count, %before) : i32[1]
  %loss = convert(%seed) : f64[]
  return %loss, %next
})";

TEST(BundleNames, ThatAreOddCanBeCalled) {
  const auto module = expect(parse_module(kOddNames, "names.ir"));
  const Function* const functions[] = {module->functions[0].get(), module->functions[1].get()};
  const int32_t count[] = {-1};
  const BundleOptions options = {.name = "b", .tensors = {{"count", std::as_bytes(std::span(count))}}};
  for (const auto make : {make_bundle, make_c_bundle}) {
    const Bundle bundle = expect(make(std::span(functions), options));
    EXPECT_EQ(bundle.layout.entries[0].name, "init_2");
    const TemporaryFolder folder;
    write_files(folder, bundle);
    folder.write("p.c", R"(#include <stdio.h>
#include "b.h"
static union { unsigned char bytes[B_MEMORY_SIZE + 64]; double d; } room;
int main(void) {
  void *memory = room.bytes + (64 - (uintptr_t)room.bytes % 64) % 64;
  float x[B_INIT_2_X_SIZE] = {1, 2}, X[B_INIT_2_X_2_SIZE] = {3, 4, 5}, other = 0, copy[B_INIT_2_SEED_SIZE];
  double rate = 0.1, result = 0, loss = 0;
  b_init(memory);
  b_init_2(memory, x, X, &other, &rate, &result, copy);
  other = 0.5f;
  b_train_step(memory, &other, &loss);
  printf("%g %g %g %d", result, (double)copy[2], loss, (int)*(int32_t *)((char *)memory + 64));
  return 0;
}
)");
    const std::string flags = "CFLAGS='-std=c99 -Wall -Wextra -pedantic -Werror'";
    const std::string built = output_in(folder.path(), "make -s " + flags + " && ./main");
    EXPECT_THAT(built, testing::HasSubstr("loss[0] = 0\n"));
    EXPECT_EQ(output_in(folder.path(), "cc -std=c99 -Wall -Werror -o p p.c $(ls b.o 2>/dev/null || echo b.c) && ./p"),
              "0.1 5 0.5 -2");
  }
}

// What lies beside the weights: the largest image, what it is made of or becomes, and what kernels need.
TEST(BundleMemory, LeNetOnOneImageNeedsLessThan30KiB) {
  const LoadedModel model = read_model("lenet");
  const auto function = expect(build_function(model, "infer", {{1}, default_pipeline(), {}}));
  const Function* const functions[] = {function.get()};
  for (const auto& [triple, cpu] : {std::pair("", ""), std::pair("x86_64-linux-gnu", "x86-64-v3"),
                                    std::pair("thumbv7em-none-eabihf", "cortex-m4")}) {
    const BundleOptions options{.name = "b", .triple = triple, .cpu = cpu};
    const Bundle bundle = expect(make_bundle(functions, options));
    EXPECT_LE(bundle.layout.memory_bytes, 30 << 10) << triple;
  }
}

}  // namespace
}  // namespace minnow
