// Recurrent layers: numbers from PyTorch 2.15 for the same weights, and what is refused.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/frontend/lower/run_lowered.h"

namespace minnow {
namespace {

// Numbers between -0.5 and 0.5 that differ from weight to weight.
Values numbers(size_t count, size_t factor) {
  Values values;
  for (size_t i = 0; i < count; ++i) values.push_back((static_cast<double>(i * factor % 11) - 5) / 10);
  return values;
}

std::string of_sequence(const std::string& layer, const std::string& more_inputs = "") {
  return "inputs { name: \"x\" shape: [3, 2] }\n" + more_inputs + "layers { name: \"r\" " + layer +
         " }\nloss { l1 {} }\n";
}

// The weights of one cell of two units.
void add_cell(Arguments& arguments, const std::string& prefix, size_t gates, size_t inputs = 2) {
  arguments[prefix + "input.weight"] = numbers(inputs * 2 * gates, 7);
  arguments[prefix + "recurrent.weight"] = numbers(2 * 2 * gates, 4);
  arguments[prefix + "input.bias"] = numbers(2 * gates, 2);
  arguments[prefix + "recurrent.bias"] = numbers(2 * gates, 5);
}

Values run_cell(const std::string& layer, size_t gates) {
  Arguments arguments = {{"x", numbers(12, 3)}};
  add_cell(arguments, "r.", gates);
  return run(of_sequence(layer), "infer", 2, arguments)["prediction"];
}

TEST(Recurrent, AgreesWithPyTorch) {
  expect_near(run_cell("rnn { units: 2 }", 1),
              {-0.6106768, -0.4621172, -0.7457438, 0.1644087, -0.3432796, -0.3979317, -0.8336546, -0.0099997,
               -0.4104669, -0.2660747, -0.7280611, -0.3297283},
              1e-6);
  expect_near(run_cell("gru { units: 2 }", 3),
              {0.1337442, 0.3373667, 0.2276179, 0.2371889, 0.2745675, 0.4048714, 0.1691173, 0.0449055, 0.2420552,
               0.2886495, 0.3020010, 0.4030549},
              1e-6);
  expect_near(run_cell("lstm { units: 2 }", 4),
              {0.0730912, 0.0648715, 0.1325453, 0.0711880, 0.1326528, 0.0987891, 0.0800082, 0.0255540, 0.1114674,
               0.0730071, 0.1286695, 0.0922480},
              1e-6);
  expect_near(run_cell("lstm { units: 2 recompute: true output: LAST }", 4),
              {0.1326528, 0.0987891, 0.1286695, 0.0922480}, 1e-6);
}

TEST(Recurrent, LayersAndDirectionsAgreeWithPyTorch) {
  Arguments arguments = {{"x", numbers(12, 3)}};
  for (const char* direction : {"", "reverse."}) {
    add_cell(arguments, std::string("r.") + direction, 4);
    add_cell(arguments, std::string("r.layer1.") + direction, 4, 4);
  }
  const std::string deep = "lstm { units: 2 layers: 2 bidirectional: true ";
  expect_near(run(of_sequence(deep + "}"), "infer", 2, arguments)["prediction"],
              {0.0750929, 0.0442956, 0.1358107, 0.0849676, 0.1155897, 0.0685177, 0.1142564, 0.0667050,
               0.1401708, 0.0822259, 0.0760568, 0.0401676, 0.0741501, 0.0443409, 0.1344033, 0.0856661,
               0.1159571, 0.0696020, 0.1145440, 0.0678739, 0.1407928, 0.0826678, 0.0761361, 0.0402062},
              1e-6);
  expect_near(run(of_sequence(deep + "output: LAST }"), "infer", 2, arguments)["prediction"],
              {0.1401708, 0.0822259, 0.1358107, 0.0849676, 0.1407928, 0.0826678, 0.1344033, 0.0856661}, 1e-6);
}

TEST(Recurrent, StatesBeginWithInputsAsInPyTorch) {
  const std::string h = "inputs { name: \"h\" shape: [2] }\n";
  const std::string layer = "inputs: [\"x\", \"h\"] gru { units: 2 initial_state: true ";
  Arguments arguments = {{"x", numbers(12, 3)}, {"h", numbers(4, 6)}};
  add_cell(arguments, "r.", 3);
  expect_near(run(of_sequence(layer + "}", h), "infer", 2, arguments)["prediction"],
              {-0.1578346, 0.3183677, 0.0680615, 0.2106653, 0.1736956, 0.3797402, -0.0332345, 0.1113161, 0.1205812,
               0.2914267, 0.2227818, 0.3926651},
              1e-6);
  const Values last = {0.1736956, 0.3797402, 0.2227818, 0.3926651};
  expect_near(run(of_sequence(layer + "output: LAST }", h), "infer", 2, arguments)["prediction"], last, 1e-6);

  // Cut in two, the second half going on from the state of the first, a sequence is the same.
  const std::string halves =
      "inputs { name: \"x\" shape: [3, 2] }\n" + h +
      "layers { name: \"first\" inputs: \"x\" slice { axis: 0 start: 0 limit: 2 } }\n"
      "layers { name: \"r\" inputs: [\"first\", \"h\"] gru { units: 2 initial_state: true } }\n"
      "layers { name: \"rest\" inputs: \"x\" slice { axis: 0 start: 2 limit: 3 } }\n"
      "layers { name: \"s\" inputs: [\"rest\", \"r.state\"] share: \"r\" gru { units: 2 initial_state: true } }\n"
      "loss { l1 {} }\n";
  expect_near(run(halves, "infer", 2, arguments)["prediction"], last, 1e-6);
}

TEST(Recurrent, StatesOfLayersAndDirectionsAgreeWithPyTorch) {
  const std::string model =
      "inputs { name: \"x\" shape: [3, 2] }\ninputs { name: \"h\" shape: [4, 2] }\ninputs { name: \"c\" shape: [8] }\n"
      "layers { name: \"r\" inputs: [\"x\", \"h\", \"c\"] lstm { units: 2 layers: 2 bidirectional: true initial_state: true } "
      "}\n";
  Arguments arguments = {{"x", numbers(12, 3)}, {"h", numbers(16, 6)}, {"c", numbers(16, 9)}};
  for (const char* direction : {"", "reverse."}) {
    add_cell(arguments, std::string("r.") + direction, 4);
    add_cell(arguments, std::string("r.layer1.") + direction, 4, 4);
  }
  expect_near(run(model + "loss { l1 {} }", "infer", 2, arguments)["prediction"],
              {0.0375789, -0.0283198, 0.1801941, 0.1077002, 0.0954538, 0.0312938, 0.1874021, 0.1036811,
               0.1273161, 0.0631013,  0.2049263, 0.0959644, 0.1776741, 0.0709283, 0.1308645, 0.0708648,
               0.1669667, 0.0863779,  0.1089679, 0.0425199, 0.1740987, 0.0903586, 0.0674724, -0.0028351},
              1e-6);
  const auto read = [&](const std::string& result) {
    const std::string reshape =
        "layers { name: \"s\" inputs: \"" + result + "\" reshape { shape: 8 } }\nloss { l1 {} }";
    return run(model + reshape, "infer", 2, arguments)["prediction"];
  };
  expect_near(read("r.state"),
              {0.1005868, 0.1047466, 0.1445282, 0.1007580, 0.1273161, 0.0631013, 0.1801941, 0.1077002, 0.1403796,
               0.0944283, 0.1241770, 0.0339425, 0.1740987, 0.0903586, 0.1308645, 0.0708648},
              1e-6);
  expect_near(read("r.cell"),
              {0.2504453, 0.2856847, 0.3974184, 0.2739989, 0.2804829, 0.1622805, 0.4424209, 0.2770019, 0.3426416,
               0.2617683, 0.2290810, 0.0870311, 0.3705566, 0.2448999, 0.2933027, 0.1842159},
              1e-6);
}

// With weights of 0 gates are what their biases make of them; they are told of every position, of both directions.
TEST(Recurrent, GatesAreResultsToo) {
  const std::string model = "lstm { units: 2 bidirectional: true } }\nlayers { name: \"s\" inputs: \"";
  const auto gate = [&](const std::string& name) {
    return run(of_sequence(model + name + "\" reshape { shape: 12 }"), "infer", 1,
               {{"r.input.bias", {1, 2, 3, 4, 5, 6, 7, 8}},
                {"r.reverse.recurrent.bias", {0, 0, -1, -2, 0, 0, 0, 0}}})["prediction"];
  };
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  Values forget, input, output;
  for (int position = 0; position < 3; ++position) {
    forget.insert(forget.end(), {sigmoid(3), sigmoid(4), sigmoid(-1), sigmoid(-2)});
    input.insert(input.end(), {sigmoid(1), sigmoid(2), 0.5, 0.5});
    output.insert(output.end(), {sigmoid(7), sigmoid(8), 0.5, 0.5});
  }
  expect_near(gate("r.forget_gate"), forget);
  expect_near(gate("r.input_gate"), input);
  expect_near(gate("r.output_gate"), output);
}

// Gates of a GRU are z, r, n in Keras, r, z, n in PyTorch: with those swapped, both are the same.
TEST(Recurrent, KerasHasOtherGates) {
  Arguments arguments = {{"x", numbers(12, 3)}};
  add_cell(arguments, "r.", 3);
  for (auto& [name, values] : arguments)
    if (name != "x")
      for (size_t row = 0; row < values.size(); row += 6)
        for (size_t i = 0; i < 2; ++i) std::swap(values[row + i], values[row + 2 + i]);
  expect_near(run(of_sequence("gru { units: 2 convention: KERAS }"), "infer", 2, arguments)["prediction"],
              run_cell("gru { units: 2 }", 3));
}

// Behind the end of a sequence the state stays, and nothing is shown; backward it begins there.
TEST(Recurrent, SequencesHaveLengths) {
  const std::string lengths = "inputs { name: \"n\" shape: [1] }\n";
  const std::string layer = "inputs: [\"x\", \"n\"] gru { units: 2 bidirectional: true ";
  Arguments arguments = {{"x", numbers(12, 3)}, {"n", Values{3, 2}}};
  add_cell(arguments, "r.", 3);
  add_cell(arguments, "r.reverse.", 3);
  const Values all = run(of_sequence(layer + "}", lengths), "infer", 2, arguments)["prediction"];
  const Values last = run(of_sequence(layer + "output: LAST }", lengths), "infer", 2, arguments)["prediction"];
  ASSERT_EQ(all.size(), 24U);
  expect_near({all.begin() + 20, all.end()}, {0, 0, 0, 0});  // the second example's third position
  expect_near({last[4], last[5]}, {all[16], all[17]});       // its state behind the second
  expect_near({last[6], last[7]}, {all[14], all[15]});       // and, backward, at the first

  // Lengths may be whole numbers.
  const std::string whole = "inputs { name: \"n\" shape: [1] type: I32 }\n";
  expect_near(run(of_sequence(layer + "}", whole), "infer", 2, arguments)["prediction"], all);

  // What lies behind the end makes no difference.
  arguments["x"].back() = 40;
  expect_near(run(of_sequence(layer + "}", lengths), "infer", 2, arguments)["prediction"], all);
}

std::string lower_error(const std::string& text) {
  const auto loaded = checked(text);
  if (!loaded) return error_of(loaded);
  return error_of(lower_model(*loaded, {}));
}

TEST(Recurrent, ErrorsOfStatesSayWhy) {
  const std::string h = "inputs { name: \"h\" shape: [3] }\n";
  EXPECT_EQ(
      lower_error(of_sequence("inputs: [\"x\", \"h\"] lstm { units: 3 initial_state: true }", h)),
      "m.textproto:3:55: layer \"r\": takes a sequence, the states h and c, then the lengths if there are any, but "
      "has 2 inputs");
  EXPECT_EQ(lower_error(of_sequence("inputs: [\"x\", \"h\"] gru { units: 2 initial_state: true }", h)),
            "m.textproto:3:54: layer \"r\": the state h begins with the numbers 2, not [3] (from input \"h\")");
  EXPECT_EQ(
      lower_error(of_sequence("inputs: [\"x\", \"h\"] gru { units: 2 layers: 3 initial_state: true }", h)),
      "m.textproto:3:64: layer \"r\": the state h begins with the numbers 2 of each of 3 layers and directions, not "
      "[3] (from input \"h\")");
  EXPECT_EQ(
      lower_error(of_sequence("inputs: [\"x\", \"h\"] gru { units: 2 }", h)),
      "m.textproto:3:39: layer \"r\": its last input (from input \"h\") is the length of each example, one number, "
      "not [3] | initial_state: true makes the inputs behind the sequence the states that it begins with");
  EXPECT_EQ(
      lower_error(of_sequence("inputs: [\"x\", \"r.cell\"] gru { units: 2 }")),
      "m.textproto:2:20: layer \"r\": there is no layer or input \"r.cell\" | known: x, r, r.reset_gate, r.state, "
      "r.update_gate");
  EXPECT_EQ(
      lower_error(of_sequence("gru { units: 2 } }\nlayers { name: \"r.state\" dense { units: 2 }")),
      "m.textproto:3:10: the name \"r.state\" is taken | the layer \"r\" at m.textproto:2:1 gives a result of that "
      "name");
}

TEST(Recurrent, ErrorsSayWhy) {
  EXPECT_EQ(
      lower_error("inputs { name: \"x\" shape: [4] }\nlayers { name: \"r\" rnn { units: 2 } }\nloss { l1 {} }"),
      "m.textproto:2:20: layer \"r\": needs a sequence of vectors, [length,features], not [4] (from input \"x\")");
  EXPECT_EQ(lower_error(of_sequence("gru { units: 2 activation: RELU }")),
            "m.textproto:2:35: layer \"r\": only an rnn has a choice of activation");
  EXPECT_EQ(lower_error(of_sequence("rnn { units: 2 activation: GELU }")),
            "m.textproto:2:35: layer \"r\": a recurrent layer has TANH or RELU, not GELU");
  EXPECT_EQ(lower_error(of_sequence("lstm { units: 2 dropout: 0.5 }")),
            "m.textproto:2:36: layer \"r\": lies between layers, of which there is one; a dropout layer drops the "
            "output");
}

}  // namespace
}  // namespace minnow
