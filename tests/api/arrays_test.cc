// Arrays as tensors: borrowed where they lie.
#include "api/arrays.h"

#include "tests/api/model.h"

namespace minnow::api {
namespace {

const std::vector<Slot> kSlots = {{"image", {DType::kF32, {8, 1, 5, 7}}}, {"target", {DType::kI32, {8}}}};

TEST(Arrays, AreBorrowed) {
  minnow_test::Examples examples(3);
  const auto arrays = examples.arrays();
  const auto tensors = tensors_for(kSlots, arrays);
  ASSERT_TRUE(tensors) << tensors.error().to_string();
  EXPECT_EQ(static_cast<const void*>(tensors->at("image").data()), examples.images.data());
  EXPECT_EQ(static_cast<const void*>(tensors->at("target").data()), examples.labels.data());
}

TEST(Arrays, AreCopiedWhereTheyAreNotAligned) {
  std::vector<char> bytes(35 * sizeof(float) + 1);
  minnow_array image = {"image", MINNOW_F32, 4, {1, 1, 5, 7}, bytes.data() + 1};
  const auto tensors = tensors_for(std::span(kSlots).first(1), std::span(&image, 1));
  ASSERT_TRUE(tensors) << tensors.error().to_string();
  EXPECT_NE(static_cast<const void*>(tensors->at("image").data()), image.data);
}

TEST(Arrays, WithoutNamesComeInOrder) {
  minnow_test::Examples examples(3);
  auto arrays = examples.arrays();
  for (minnow_array& array : arrays) array.name = nullptr;
  EXPECT_TRUE(tensors_for(kSlots, arrays));
  std::swap(arrays[0], arrays[1]);
  EXPECT_FALSE(tensors_for(kSlots, arrays));
}

TEST(Arrays, NamedComeInAnyOrderButOnce) {
  minnow_test::Examples examples(3);
  auto arrays = examples.arrays();
  std::swap(arrays[0], arrays[1]);
  EXPECT_TRUE(tensors_for(kSlots, arrays));
  arrays[0] = arrays[1];
  EXPECT_FALSE(tensors_for(kSlots, arrays));
  arrays[0].name = nullptr;
  EXPECT_FALSE(tensors_for(kSlots, arrays));
}

}  // namespace
}  // namespace minnow::api
