// All that is wrong with a model, in one error.
#include "frontend/load/mistakes.h"

#include <gtest/gtest.h>

#include "tests/frontend/model_text.h"

namespace minnow {
namespace {

std::string told(const std::string& text) {
  const auto loaded = checked(text);
  return loaded ? "" : loaded.error().to_string();
}

TEST(Mistakes, AreToldInTheOrderOfTheirPlaces) {
  Mistakes found;
  EXPECT_TRUE(found.none());
  EXPECT_TRUE(found.status());
  found.add({});
  EXPECT_TRUE(found.none());
  found.add(fail("m:10:2", "c"));
  found.add(fail("--set x", "e"));
  found.add(fail("m:9:30", "b"));
  found.add(fail("m:10:2", "d"));
  found.add(fail("m:9:4", "a"));
  found.add(fail("m:9:4", "a"));
  EXPECT_EQ(found.status().error().to_string(),
            "m:9:4: error: a\nm:9:30: error: b\nm:10:2: error: c\nm:10:2: error: d\n--set x: error: e");
}

TEST(Mistakes, ThoseOfAnErrorAreKept) {
  Mistakes inner, outer;
  inner.add(fail("m:3:1", "a"));
  inner.add(fail("m:1:1", "b"));
  outer.add(fail("m:2:1", "c"));
  outer.add(inner.status());
  EXPECT_EQ(outer.status().error().to_string(), "m:1:1: error: b\nm:2:1: error: c\nm:3:1: error: a");
  EXPECT_TRUE(outer.status().error().others[0].others.empty());
}

TEST(Mistakes, NoMoreAreToldThanAPersonReads) {
  Mistakes found;
  for (int i = 1; i <= 23; ++i) found.add(fail(fmt::format("m:{}:1", i), "x"));
  const Error error = found.status().error();
  EXPECT_EQ(error.others.size(), Mistakes::kMostTold - 1);
  EXPECT_EQ(error.left_out, 3);
  EXPECT_TRUE(error.to_string().ends_with("m:20:1: error: x\nand 3 more"));
}

TEST(Mistakes, OfAModelComeAllAtOnce) {
  EXPECT_EQ(told("inputs { name: \"image\" shape: [1, 28, 28] }\n"
                 "layers { name: \"conv1\" conv2d { filters: 0 kernel: 0 } }\n"
                 "layers { name: \"fc\" inputs: \"conv2\" dense {} }\n"
                 "loss { softmax_cross_entropy { label_smoothing: 7 } }\n"
                 "training { batch_size: 0 }\n"
                 "data { csv { validation: \"x.csv\" } }\n"),
            "m.textproto:2:33: error: layer \"conv1\": filters is 0, but must lie in [1, 65536]\n"
            "m.textproto:2:44: error: layer \"conv1\": kernel is 0, but must lie in [1, 1024]\n"
            "m.textproto:3:21: error: layer \"fc\": there is no layer or input \"conv2\"\n"
            "  hint: did you mean \"conv1\"?\n"
            "m.textproto:3:37: error: layer \"fc\": units is missing: the number of outputs, at least 1\n"
            "m.textproto:4:32: error: label_smoothing is 7, but must lie in [0, 1)\n"
            "m.textproto:5:12: error: batch_size is 0, but must lie in [1, 65536]\n"
            "m.textproto:6:8: error: train is missing");
}

// Where names are wrong, what does not connect for that is no mistake of its own.
TEST(Mistakes, ConsequencesAreNotTold) {
  EXPECT_EQ(told(model_with("layers { name: \"a\" flatten {} }\nlayers { name: \"a\" dense { units: 10 } }")),
            "m.textproto:3:10: error: the name \"a\" is taken\n  hint: it was first used at m.textproto:2:10");
  EXPECT_EQ(told("layers { name: \"fc\" dense { units: 0 } }"), "m.textproto: error: the model has no input");
  EXPECT_EQ(told("inputs { name: \"x\" }\nlayers { name: \"fc\" dense { units: 10 } }\n"
                 "loss { softmax_cross_entropy {} }\ndata { builtin: GLYPHS }\n"),
            "m.textproto:1:1: error: input \"x\" has no shape");
  EXPECT_EQ(told("inputs { name: \"x\" shape: -1 }\nlayers { name: \"fc\" dense { units: 10 } }\n"
                 "loss { softmax_cross_entropy {} }\ndata { builtin: REVERSE }\n"),
            "m.textproto:1:20: error: shape is -1, but must lie in [1, 1048576]");
  EXPECT_EQ(told(model_with("layers { name: \"a\" }\nlayers { name: \"b\" share: \"a\" prelu {} }")),
            "m.textproto:2:1: error: layer \"a\": says nothing of what it computes\n"
            "  hint: for example dense { units: 10 }");
}

TEST(Mistakes, PlacesBehindTabsAreCountedInBytes) {
  EXPECT_EQ(told(model_with("\tlayers { name: \"a\"\tdense { units: 0 } }")).substr(0, 24), "m.textproto:2:29: error:");
}

}  // namespace
}  // namespace minnow
