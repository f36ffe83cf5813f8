// What a function's parameters are given on the command line.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "interpreter/interpreter.h"
#include "ir/function.h"

namespace minnow {

// Zeros of the type that each parameter is held in, until they are given: "x=0.5" fills the parameter x with one value,
// "x=@x.npy" reads a file, "x=@x.pb" a TensorProto of ONNX, "x=@d.npz:a" the member of an archive, and "x=-" the
// standard input. A value that the parameter's type does not hold is an error, as is a parameter that has been given;
// f32 may round.
class Arguments {
 public:
  explicit Arguments(const Function& function, Precision precision = Precision::kDeclared);

  // A weight or state begins with these values, f32, unless it is given.
  void hold(const std::string& name, const std::vector<float>& values);
  // `given` stood behind --input.
  Status give(const std::string& given);
  // In the order of the parameters.
  std::vector<Tensor*> pointers();

 private:
  const Function& function_;
  std::vector<Tensor> values_;
  std::set<std::string> given_;
};

}  // namespace minnow
