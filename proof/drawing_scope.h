// Where ops drawn at random for a function or a body get their operands from.
#pragma once

#include "proof/op_cases.h"

namespace minnow::proof {

class DrawingScope : public OperandSource {
 public:
  // `first` is dimension 0 of most tensors; 0: of none.
  DrawingScope(Function& function, Rng& rng, int64_t first) : builder_(function), rng_(rng), first_(first) {}

  Rng& rng() { return rng_; }
  bool one_in(int64_t n) { return draw(rng_, 1, n) == 1; }
  int64_t first() const { return first_; }
  Function& function() { return builder_.function(); }

  // A value of this type that there is, else a constant or one from outside.
  Value* value(const TensorType& type);
  // From outside even if there is one of this type here.
  virtual Value* outside(const TensorType& type) = 0;
  // A new op's result, which others may read from now on.
  Value* add(OpKind kind, std::vector<Value*> operands, Attributes attributes = {}, TensorType declared = {});
  void learn(Value* value) { known_.push_back(value); }
  const std::vector<Value*>& known() const { return known_; }
  // An elementwise op of any kind on tensors of this shape.
  Value* add_elementwise(const Shape& shape);
  // Takes away all ops but the first `count`.
  void keep_ops(size_t count);
  // Any op of the table.
  Value* add_any(OpKind kind);

  Shape shape(size_t rank) override;
  DType dtype(const std::vector<DType>& accepted) override;
  Value* operand(const TensorType& type, const Domain&) override { return value(type); }

 protected:
  Value* constant(const TensorType& type);

 private:
  Builder builder_;
  Rng& rng_;
  int64_t first_;
  std::vector<Value*> known_;
};

// The function itself: what comes from outside is its parameter.
class FunctionScope : public DrawingScope {
 public:
  using DrawingScope::DrawingScope;
  Value* outside(const TensorType& type) override;
};

// The body of an op to be. What comes from outside is its operand, a value of the scope around it.
class BodyScope : public DrawingScope {
 public:
  BodyScope(Function& body, DrawingScope& outer, int64_t first)
      : DrawingScope(body, outer.rng(), first), outer_(outer) {}
  Value* outside(const TensorType& type) override;
  std::vector<Value*> operands() const { return operands_; }

 protected:
  DrawingScope& outer() const { return outer_; }
  Value* add_operand(Value* outer_value, const TensorType& inner_type);

 private:
  DrawingScope& outer_;
  std::vector<Value*> operands_;
};

// Puts an op with this body into `outer`, behind what is there.
Op* add_op_with_body(DrawingScope& outer, OpKind kind, Attributes attributes, const BodyScope& scope,
                     std::unique_ptr<Function> body, std::vector<TensorType> types);

}  // namespace minnow::proof
