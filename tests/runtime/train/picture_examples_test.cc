#include "runtime/train/picture_examples.h"

#include <gtest/gtest.h>

#include "runtime/data/picture_files.h"
#include "runtime/data/png.h"
#include "tests/runtime/data/png_bytes.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

class PictureExamples : public testing::Test {
 protected:
  void create(const std::string& shape, const std::string& data) {
    const std::string path = folder_.write(
        "m.textproto",
        fmt::format("inputs {{ name: 'image' shape: {} }}\n"
                    "layers {{ name: 'fc' dense {{ units: 2 }} }}\n"
                    "loss {{ softmax_cross_entropy {{}} }}\ndata {{ {} }}\ntraining {{ batch_size: 2 }}\n",
                    shape, data));
    const auto loaded = read_experiment(path);
    ASSERT_TRUE(loaded) << loaded.error().to_string();
    SessionOptions options;
    options.backend = Backend::kInterpreter;
    auto session = Session::create(*loaded, options, pool_);
    ASSERT_TRUE(session) << session.error().to_string();
    session_ = *std::move(session);
  }
  std::string picture(const std::string& name, const Tensor& pixels) {
    EXPECT_TRUE(write_png(folder_.file(name), pixels));
    return folder_.file(name);
  }

  TemporaryFolder folder_;
  ThreadPool pool_{1};
  std::unique_ptr<Session> session_;
};

constexpr char kFolder[] = "png_folder { train: 't' validation: 'v' }";

TEST_F(PictureExamples, AreOfTheSizeThatTheNetworkIsFed) {
  create("[1, 28, 28]", "builtin: GLYPHS");
  Tensor large = Tensor::zeros({DType::kU8, {56, 84}});
  for (int64_t y = 0; y < 2; ++y)
    for (int64_t x = 0; x < 3; ++x) large.as<uint8_t>()[static_cast<size_t>(y * 84 + x)] = 200;
  large.as<uint8_t>()[3] = 60;
  const std::string path = picture("p.png", large);
  const auto example = examples_from_pictures({path}, *session_);
  ASSERT_TRUE(example) << example.error().to_string();
  EXPECT_EQ(example->type().to_string(), "u8[1,1,28,28]");
  EXPECT_EQ(example->as<uint8_t>()[0], 200);
  EXPECT_EQ(example->as<uint8_t>()[1], 10);
  EXPECT_EQ(example->as<uint8_t>()[28], 0);
  EXPECT_EQ(examples_from_pictures({path}, *session_, {.is_inverted = true})->as<uint8_t>()[0], 55);
  const std::string dot = picture("dot.png", Tensor::from<uint8_t>({DType::kU8, {1, 1}}, {7}));
  const auto both = examples_from_pictures({dot, path}, *session_);
  ASSERT_TRUE(both) << both.error().to_string();
  for (const uint8_t value : both->as<uint8_t>().first(784)) EXPECT_EQ(value, 7);
  EXPECT_EQ(both->as<uint8_t>()[784], 200);
}

TEST_F(PictureExamples, AreInColourForANetworkOfThreeChannels) {
  create("[3, 1, 2]", kFolder);
  const std::string colour = folder_.write("c.png", png_bytes({2, 1, 8, PngColour::kRgb, {1, 2, 3, 4, 5, 6}}));
  const std::string grey = picture("g.png", Tensor::from<uint8_t>({DType::kU8, {1, 1}}, {9}));
  const auto read = examples_from_pictures({colour, grey}, *session_);
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->type().to_string(), "f32[2,3,1,2]");
  EXPECT_TRUE(std::ranges::equal(read->as<float>(), std::vector<float>{1, 4, 2, 5, 3, 6, 9, 9, 9, 9, 9, 9}));
}

TEST_F(PictureExamples, AreNothingForOtherNetworks) {
  create("[4, 2, 2]", kFolder);
  EXPECT_EQ(examples_from_pictures({"p.png"}, *session_).error().to_string(),
            "p.png: error: is a picture, but the network is fed f32[1,4,2,2]");
}

TEST_F(PictureExamples, OneThatCannotBeReadIsNamed) {
  create("[1, 1, 1]", kFolder);
  const std::string good = picture("g.png", Tensor::from<uint8_t>({DType::kU8, {1, 1}}, {9}));
  const std::string bad = folder_.write("bad.png", "no picture");
  EXPECT_EQ(examples_from_pictures({good, bad}, *session_).error().where, bad);
}

TEST_F(PictureExamples, FoldersAreListedInOrder) {
  for (const char* name : {"b/2.png", "a.PNG", "b/1.png", ".hidden/x.png", "__MACOSX/a.png", "b/._1.png", "c.txt"})
    folder_.write(name, "x");
  std::vector<std::string> wanted;
  for (const char* name : {"a.PNG", "b/1.png", "b/2.png"}) wanted.push_back(folder_.file(name));
  EXPECT_EQ(list_pictures(folder_.path()).value(), wanted);
  EXPECT_EQ(list_pictures(folder_.file("none.png")).value(), std::vector<std::string>{folder_.file("none.png")});
  EXPECT_EQ(list_pictures(folder_.file("__MACOSX")).value(), std::vector<std::string>{folder_.file("__MACOSX/a.png")});
  std::filesystem::create_directory(folder_.file("empty"));
  EXPECT_EQ(list_pictures(folder_.file("empty")).error().message, "holds no .png file");
}

}  // namespace
}  // namespace minnow
