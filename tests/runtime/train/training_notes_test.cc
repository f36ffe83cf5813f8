#include "runtime/train/training_notes.h"

#include <gmock/gmock.h>

#include "frontend/load/load_model.h"

namespace minnow {
namespace {

Dataset dataset_of(std::initializer_list<int32_t> labels) {
  const auto count = static_cast<int64_t>(labels.size());
  return {"t",
          Tensor::zeros({DType::kF32, {count, 2}}),
          Tensor::from<int32_t>({DType::kI32, {count}}, labels),
          {"cat", "dog"}};
}

std::vector<std::string> notes_on(DataSplits data, const std::string& layer) {
  auto loaded = parse_model_text("inputs { name: \"x\" shape: 2 }\n" + layer +
                                     "\nlayers { name: \"fc\" dense { units: 2 } }\nloss { softmax_cross_entropy {} }\n"
                                     "training { batch_size: 2 }",
                                 "m.textproto");
  EXPECT_TRUE(complete_model(*loaded));
  ThreadPool pool(1);
  const auto session = Session::create(*loaded, {.backend = Backend::kInterpreter}, pool);
  return training_notes(**session, data);
}

TEST(TrainingNotes, SayWhatReadersDecided) {
  DataSplits data{dataset_of({0, 1}), dataset_of({0, 1})};
  EXPECT_THAT(notes_on({dataset_of({0, 1}), dataset_of({1, 1})}, ""), testing::IsEmpty());
  data.train.read_as = data.validation.read_as = "no line of names";
  EXPECT_THAT(notes_on(std::move(data), ""), testing::ElementsAre("t: no line of names"));
}

TEST(TrainingNotes, WarnOfDataWithoutADifference) {
  EXPECT_THAT(
      notes_on({dataset_of({1, 1, 1}), dataset_of({0, 1})}, ""),
      testing::ElementsAre("warning: all 3 targets of t are of the class dog: there is nothing to learn from them"));
}

TEST(TrainingNotes, WarnOfABatchNormOverALastExample) {
  const std::string norm = "layers { name: \"norm\" batch_norm {} }";
  EXPECT_THAT(notes_on({dataset_of({1, 0, 1}), dataset_of({0, 1})}, norm),
              testing::ElementsAre(testing::StartsWith("warning: the last batch of 3 examples by 2 is a single one")));
  EXPECT_THAT(notes_on({dataset_of({1, 0, 1, 0}), dataset_of({0, 1})}, norm), testing::IsEmpty());
}

}  // namespace
}  // namespace minnow
