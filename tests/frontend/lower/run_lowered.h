// Runs the functions of a model in the interpreter, on numbers worked out by hand.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "frontend/lower/lower_model.h"
#include "interpreter/interpreter.h"
#include "ir/verify.h"
#include "tests/frontend/model_text.h"

namespace minnow {

using Values = std::vector<double>;
using Arguments = std::map<std::string, Values>;

inline Tensor tensor_of(const TensorType& type, const Values& values) {
  Tensor tensor = Tensor::zeros({DType::kF64, type.shape});
  const auto elements = tensor.as<double>();
  for (size_t i = 0; i < elements.size(); ++i) elements[i] = values[values.size() == 1 ? 0 : i];
  return tensor.converted_to(type.dtype);
}

// A model of one layer, "y", on vectors or on an image.
inline std::string network(int inputs, const std::string& layer, const std::string& loss) {
  return "inputs { name: \"x\" shape: " + std::to_string(inputs) + " }\nlayers { name: \"y\" " + layer + " }\nloss { " +
         loss + " {} }\n";
}
inline std::string images(const std::string& shape, const std::string& layer) {
  return "inputs { name: \"x\" shape: " + shape + " }\nlayers { name: \"y\" " + layer + " }\nloss { l1 {} }\n";
}

// Runs a function of the model; a parameter without a value is all zeros. Results by name.
inline Arguments run(const std::string& text, const std::string& function_name, int64_t batch_size,
                     const Arguments& arguments) {
  const auto loaded = checked(text);
  EXPECT_TRUE(loaded) << error_of(loaded);
  if (!loaded) return {};
  const auto model = lower_model(*loaded, {.batch_size = batch_size});
  EXPECT_TRUE(model) << error_of(model);
  if (!model) return {};
  EXPECT_EQ(error_of(verify(model->module)), "");

  const Function& function = *model->module.find(function_name);
  std::vector<Tensor> tensors;
  std::vector<const Tensor*> pointers;
  for (const auto& parameter : function.parameters()) {
    const auto given = arguments.find(parameter->name);
    tensors.push_back(tensor_of(parameter->type, given == arguments.end() ? Values{0} : given->second));
  }
  for (const Tensor& tensor : tensors) pointers.push_back(&tensor);
  const auto results = interpret(function, pointers);
  EXPECT_TRUE(results) << error_of(results);
  if (!results) return {};

  Arguments named;
  for (size_t i = 0; i < results->size(); ++i) {
    const Tensor wide = (*results)[i].converted_to(DType::kF64);
    named[function.results()[i].name] = Values(wide.as<double>().begin(), wide.as<double>().end());
  }
  return named;
}

inline void expect_near(const Values& actual, const Values& expected, double tolerance = 1e-5) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) EXPECT_NEAR(actual[i], expected[i], tolerance) << "element " << i;
}

}  // namespace minnow
