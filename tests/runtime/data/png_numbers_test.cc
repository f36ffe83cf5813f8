// Which numbers a picture becomes.
#include <gtest/gtest.h>

#include <cmath>

#include "runtime/data/png.h"
#include "tests/runtime/data/png_bytes.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

std::vector<float> numbers_of(const PngPicture& picture) {
  const TemporaryFolder folder;
  const auto read = read_png_gray(folder.write("x.png", png_bytes(picture)));
  EXPECT_TRUE(read) << read.error().to_string();
  if (!read) return {};
  EXPECT_EQ(read->type().dtype, picture.depth == 16 ? DType::kF32 : DType::kU8);
  const Tensor wide = read->converted_to(DType::kF32);
  return {wide.as<float>().begin(), wide.as<float>().end()};
}

float number_of(int depth, PngColour colour, std::vector<uint16_t> samples, std::string chunks = {}) {
  const std::vector<float> numbers = numbers_of({1, 1, depth, colour, std::move(samples), false, std::move(chunks)});
  return numbers.size() == 1 ? numbers[0] : NAN;
}

std::string gamma_chunk(uint32_t times_100000) { return png_chunk("gAMA", big_endian_bytes(times_100000, 4)); }

// What a writer may say of light: nothing of it changes a number.
std::vector<std::string> colour_spaces() {
  const std::string primaries = [] {
    std::string bytes;
    for (const uint32_t value : {31270U, 32900U, 64000U, 33000U, 30000U, 60000U, 15000U, 6000U})
      bytes += big_endian_bytes(value, 4);
    return png_chunk("cHRM", bytes);
  }();
  return {"",
          gamma_chunk(100000),
          gamma_chunk(45455),
          gamma_chunk(22000),
          png_chunk("sRGB", std::string(1, '\0')),
          png_chunk("iCCP", std::string("x\0\0not a profile", 16)),
          primaries + gamma_chunk(100000),
          png_chunk("sBIT", "\x03")};
}

TEST(PngNumbers, GrayIsWhatTheFileHasWhateverItSaysOfGamma) {
  for (const std::string& chunks : colour_spaces()) {
    EXPECT_EQ(number_of(8, PngColour::kGray, {128}, chunks), 128);
    EXPECT_EQ(number_of(16, PngColour::kGray, {0x8080}, chunks), 128);
    EXPECT_NEAR(number_of(16, PngColour::kGray, {1000}, chunks) / 255, 0.0153, 0.00005);
    EXPECT_EQ(number_of(16, PngColour::kGray, {65535}, chunks), 255);
    EXPECT_EQ(number_of(16, PngColour::kGray, {1}, chunks), 1 / 257.0F);
  }
}

TEST(PngNumbers, FewBitsReachFromBlackToWhite) {
  EXPECT_EQ(numbers_of({4, 1, 1, PngColour::kGray, {0, 1, 1, 0}}), (std::vector<float>{0, 255, 255, 0}));
  EXPECT_EQ(numbers_of({4, 1, 2, PngColour::kGray, {0, 1, 2, 3}}), (std::vector<float>{0, 85, 170, 255}));
  EXPECT_EQ(numbers_of({4, 1, 4, PngColour::kGray, {0, 1, 7, 15}}), (std::vector<float>{0, 17, 119, 255}));
}

TEST(PngNumbers, ColourBecomesGrayByBt601) {
  for (std::string chunks : colour_spaces()) {
    if (chunks.find("sBIT") != std::string::npos) chunks = png_chunk("sBIT", "\x03\x03\x03");
    EXPECT_EQ(
        numbers_of(
            {5, 1, 8, PngColour::kRgb, {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 77, 77, 77}, false, chunks}),
        (std::vector<float>{76, 150, 29, 255, 77}));
    EXPECT_FLOAT_EQ(number_of(16, PngColour::kRgb, {1000, 2000, 3000}, chunks), (299 + 2 * 587 + 3 * 114) / 257.0F);
  }
}

std::vector<float> colours_of(const PngPicture& picture) {
  const TemporaryFolder folder;
  const auto read = read_png(folder.write("x.png", png_bytes(picture)), PngChannels::kColour);
  EXPECT_TRUE(read) << read.error().to_string();
  if (!read) return {};
  EXPECT_EQ(read->type().shape, (Shape{3, picture.height, picture.width}));
  EXPECT_EQ(read->type().dtype, picture.depth == 16 ? DType::kF32 : DType::kU8);
  const Tensor wide = read->converted_to(DType::kF32);
  return {wide.as<float>().begin(), wide.as<float>().end()};
}

// All red, then all green, then all blue.
TEST(PngNumbers, ColourIsThreePlanes) {
  EXPECT_EQ(colours_of({2, 1, 8, PngColour::kRgb, {1, 2, 3, 4, 5, 6}}), (std::vector<float>{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(colours_of({1, 1, 16, PngColour::kRgb, {257, 514, 65535}}), (std::vector<float>{1, 2, 255}));
  EXPECT_EQ(colours_of({1, 2, 8, PngColour::kGray, {7, 9}}), (std::vector<float>{7, 9, 7, 9, 7, 9}));
  EXPECT_EQ(colours_of({1, 1, 1, PngColour::kGray, {1}}), (std::vector<float>{255, 255, 255}));
  EXPECT_EQ(colours_of({1, 1, 8, PngColour::kRgbAlpha, {200, 100, 50, 51}}), (std::vector<float>{40, 20, 10}));
  EXPECT_EQ(colours_of({1, 1, 8, PngColour::kGrayAlpha, {200, 51}}), (std::vector<float>{40, 40, 40}));
  const std::string palette = png_chunk("PLTE", "\x01\x02\x03\xff\x80\x40");
  EXPECT_EQ(colours_of({2, 1, 1, PngColour::kPalette, {1, 0}, false, palette}),
            (std::vector<float>{255, 1, 128, 2, 64, 3}));
  const std::string clear = png_chunk("tRNS", std::string("\0\1\0\2\0\3", 6));
  EXPECT_EQ(colours_of({2, 1, 8, PngColour::kRgb, {1, 2, 3, 4, 5, 6}, false, clear}),
            (std::vector<float>{0, 4, 0, 5, 0, 6}));
}

TEST(PngNumbers, AFileSaysWhetherItHasColour) {
  const TemporaryFolder folder;
  const auto is_coloured = [&](PngColour colour) {
    return has_colour(folder.write("x.png", png_bytes({1, 1, 8, colour, std::vector<uint16_t>(4)})));
  };
  EXPECT_FALSE(is_coloured(PngColour::kGray));
  EXPECT_FALSE(is_coloured(PngColour::kGrayAlpha));
  EXPECT_TRUE(is_coloured(PngColour::kRgb));
  EXPECT_TRUE(is_coloured(PngColour::kRgbAlpha));
  EXPECT_TRUE(is_coloured(PngColour::kPalette));
  EXPECT_FALSE(has_colour(folder.write("x.png", "short")));
  EXPECT_FALSE(has_colour(folder.file("none")));
}

TEST(PngNumbers, TransparencyLiesOverBlack) {
  EXPECT_EQ(number_of(8, PngColour::kGrayAlpha, {200, 128}), 100);
  EXPECT_EQ(number_of(8, PngColour::kGrayAlpha, {200, 0}), 0);
  EXPECT_EQ(number_of(8, PngColour::kGrayAlpha, {200, 255}, gamma_chunk(100000)), 200);
  EXPECT_EQ(number_of(8, PngColour::kRgbAlpha, {255, 0, 0, 128}), 38);
  EXPECT_EQ(number_of(8, PngColour::kRgbAlpha, {255, 0, 0, 128}, gamma_chunk(100000)), 38);
  EXPECT_NEAR(number_of(16, PngColour::kGrayAlpha, {1000, 32768}), 500 / 257.0, 0.5 / 257);
  EXPECT_NEAR(number_of(16, PngColour::kRgbAlpha, {0, 65535, 0, 13107}), 0.587 * 51, 0.5 / 257);
}

TEST(PngNumbers, Palettes) {
  const std::string palette = png_chunk("PLTE", std::string("\xff\0\0\0\xff\0\0\0\xff\x80\x80\x80", 12));
  const std::string alpha = png_chunk("tRNS", std::string("\xff\x80", 2));
  for (const int depth : {2, 4, 8}) {
    const PngPicture picture{4, 1, depth, PngColour::kPalette, {0, 1, 2, 3}, false, palette};
    EXPECT_EQ(numbers_of(picture), (std::vector<float>{76, 150, 29, 128})) << depth;
    PngPicture clear = picture;
    clear.chunks += alpha;
    EXPECT_EQ(numbers_of(clear), (std::vector<float>{76, 75, 29, 128})) << depth;
    clear.chunks = gamma_chunk(100000) + clear.chunks;
    EXPECT_EQ(numbers_of(clear), (std::vector<float>{76, 75, 29, 128})) << depth;
  }
  EXPECT_EQ(numbers_of({2, 1, 1, PngColour::kPalette, {1, 0}, false, palette}), (std::vector<float>{150, 76}));
}

TEST(PngNumbers, IndicesBeyondThePaletteAreRefused) {
  const TemporaryFolder folder;
  const std::string palette = png_chunk("PLTE", std::string("\xff\0\0\0\xff\0\0\0\xff", 9));
  for (const bool is_interlaced : {false, true}) {
    for (const int depth : {2, 4, 8}) {
      const PngPicture picture{2, 2, depth, PngColour::kPalette, {0, 1, 3, 2}, is_interlaced, palette};
      const auto read = read_png_gray(folder.write("x.png", png_bytes(picture)));
      ASSERT_FALSE(read);
      EXPECT_EQ(read.error().message, "is a damaged PNG: the pixel in row 1, column 0 has colour 3 of a palette of 3");
    }
  }
}

TEST(PngNumbers, AnEmptyFileIsSaidToBeEmpty) {
  const TemporaryFolder folder;
  EXPECT_EQ(read_png_gray(folder.write("x.png", "")).error().message, "is empty, so it holds no picture");
}

// Before memory is asked for.
TEST(PngNumbers, MorePixelsThanAFileCanHoldAreRefused) {
  const TemporaryFolder folder;
  std::string bytes = png_bytes({1, 1, 16, PngColour::kRgb, {1, 2, 3}});
  const std::string head = big_endian_bytes(16384, 4) + big_endian_bytes(16384, 4) + bytes.substr(24, 5);
  bytes.replace(8, 25, png_chunk("IHDR", head));
  const auto read = read_png_gray(folder.write("x.png", bytes));
  ASSERT_FALSE(read);
  EXPECT_EQ(
      read.error().message,
      fmt::format("is a damaged PNG: it claims 16384x16384 pixels, more than its {} bytes can hold", bytes.size()));
}

TEST(PngNumbers, ATransparentColourIsBlack) {
  const auto clear = [](std::initializer_list<uint32_t> samples) {
    std::string bytes;
    for (const uint32_t sample : samples) bytes += big_endian_bytes(sample, 2);
    return png_chunk("tRNS", bytes);
  };
  EXPECT_EQ(numbers_of({2, 1, 8, PngColour::kGray, {9, 10}, false, clear({9})}), (std::vector<float>{0, 10}));
  EXPECT_EQ(numbers_of({2, 1, 1, PngColour::kGray, {1, 0}, false, clear({1})}), (std::vector<float>{0, 0}));
  EXPECT_EQ(numbers_of({2, 1, 4, PngColour::kGray, {2, 3}, false, clear({2})}), (std::vector<float>{0, 51}));
  EXPECT_EQ(numbers_of({2, 1, 16, PngColour::kGray, {257, 514}, false, clear({257})}), (std::vector<float>{0, 2}));
  EXPECT_EQ(numbers_of({2, 1, 8, PngColour::kRgb, {1, 2, 3, 50, 50, 50}, false, clear({1, 2, 3})}),
            (std::vector<float>{0, 50}));
}

// Every kind of file there is, each with a picture that has all passes of interlacing.
TEST(PngNumbers, InterlacedFilesHoldTheSame) {
  for (const PngColour colour :
       {PngColour::kGray, PngColour::kRgb, PngColour::kPalette, PngColour::kGrayAlpha, PngColour::kRgbAlpha}) {
    for (const int depth : {1, 2, 4, 8, 16}) {
      if (depth < 8 && colour != PngColour::kGray && colour != PngColour::kPalette) continue;
      if (depth == 16 && colour == PngColour::kPalette) continue;
      const uint32_t largest = colour == PngColour::kPalette ? 1U : (1U << depth) - 1;
      PngPicture picture{11, 9, depth, colour, {}, false, {}};
      if (colour == PngColour::kPalette) picture.chunks = png_chunk("PLTE", "\x40\x40\x40\x80\x20\xe0");
      for (uint32_t i = 0; i < 99 * png_channels(colour); ++i)
        picture.samples.push_back(static_cast<uint16_t>((i * 2654435761U >> 7) % (largest + 1)));
      PngPicture interlaced = picture;
      interlaced.is_interlaced = true;
      EXPECT_EQ(numbers_of(picture), numbers_of(interlaced)) << static_cast<int>(colour) << " " << depth;
    }
  }
}

}  // namespace
}  // namespace minnow
