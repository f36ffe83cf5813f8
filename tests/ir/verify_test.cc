// Each way a Function can be broken, and what verify says of it.
#include "ir/verify.h"

#include <gtest/gtest.h>

#include "ir/builder.h"
#include "ir/text.h"

namespace minnow {
namespace {

const TensorType kVector{DType::kF32, {4}};
const TensorType kScalar{DType::kF32, {}};

std::string error_of(const Function& function) {
  const auto status = verify(function);
  return status ? "no error" : status.error().where + ": " + status.error().message;
}

// func @f(%x: f32[4], %w: f32[4] weight) -> (w: f32[4]) { neg, add, reduce_sum, fused { exp } }
class VerifyTest : public testing::Test {
 protected:
  VerifyTest() {
    x_ = function_.add_parameter("x", kVector);
    w_ = function_.add_parameter("w", kVector, Role::kWeight);
    Builder builder(function_);
    neg_ = builder.neg(x_)->op;
    add_ = builder.add(neg_->result(), w_)->op;
    sum_ = builder.reduce_sum(add_->result(), {0})->op;
    auto fused = make_op(OpKind::kFused, {add_->result()}, FusedAttributes{}, {kVector}, {});
    fused->body = std::make_unique<Function>("body");
    Value* in = fused->body->add_parameter("in", kVector);
    fused->body->add_result("", Builder(*fused->body).exp(in));
    fused_ = function_.insert(function_.ops().end(), std::move(fused));
    function_.add_result("w", fused_->result());
  }

  Op& body_op() const { return *fused_->body->ops().front(); }

  Function function_{"f"};
  Value *x_, *w_;
  Op *neg_, *add_, *sum_, *fused_;
};

TEST_F(VerifyTest, AcceptsWhatIsRight) { EXPECT_EQ(error_of(function_), "no error"); }

TEST_F(VerifyTest, Names) {
  function_.add_parameter("x", kScalar);
  EXPECT_EQ(error_of(function_), "@f: two parameters are named %x");
  function_.parameters()[2]->name = "";
  EXPECT_EQ(error_of(function_), "@f: parameter 2 has no name");
  function_.set_name("");
  EXPECT_EQ(error_of(function_), "@\"\": a function without a name");
}

TEST_F(VerifyTest, Parameters) {
  x_->type.shape = {-1};
  EXPECT_EQ(error_of(function_),
            "@f: parameter 0 has the type f32[-1], which is too large or has a negative dimension");
  x_->type = kVector;
  w_->index = 0;
  EXPECT_EQ(error_of(function_), "@f: parameter 1 does not know its place");
}

TEST_F(VerifyTest, Operands) {
  add_->operands[0] = fused_->result();
  EXPECT_EQ(error_of(function_), "@f, %1 = add: operand 0 is not defined before it is used here");
  add_->operands[0] = add_->result();
  EXPECT_EQ(error_of(function_), "@f, %1 = add: operand 0 is not defined before it is used here");
  add_->operands[0] = body_op().result();
  EXPECT_EQ(error_of(function_), "@f, %1 = add: operand 0 is not defined before it is used here");
  add_->operands[0] = nullptr;
  EXPECT_EQ(error_of(function_), "@f, %1 = add: operand 0 is missing");
  add_->operands.pop_back();
  add_->operands[0] = x_;
  EXPECT_EQ(error_of(function_), "@f, %1 = add: add takes 2 operands, not 1");
}

TEST_F(VerifyTest, Types) {
  sum_->result()->type = kVector;
  EXPECT_EQ(error_of(function_), "@f, %2 = reduce_sum: is of type f32[4], but its operands give f32[]");
  sum_->result()->type.shape = {int64_t{1} << 40};
  EXPECT_EQ(error_of(function_),
            "@f, %2 = reduce_sum: result 0 has the type f32[1099511627776], which is too large or has a negative "
            "dimension");
  sum_->result()->type = kScalar;
  sum_->attributes = DimsAttributes{{1}};
  EXPECT_EQ(error_of(function_), "@f, %2 = reduce_sum: dimension 1 does not exist in a tensor of rank 1");
  sum_->attributes = DimAttributes{0};
  EXPECT_EQ(error_of(function_), "@f, %2 = reduce_sum: the attributes are those of another op");
}

TEST_F(VerifyTest, OpResults) {
  add_->result()->op = neg_;
  EXPECT_EQ(error_of(function_), "@f, %1 = add: result 0 does not know its place");
  add_->result()->op = add_;
  neg_->results.push_back(std::make_unique<Value>());
  EXPECT_EQ(error_of(function_), "@f, %0, %1 = neg: has 2 results; only fused and loop may have several");
  function_.replace_uses(neg_->result(), x_);
  neg_->results.clear();
  EXPECT_EQ(error_of(function_), "@f, neg: has no result");
}

TEST_F(VerifyTest, FunctionResults) {
  function_.add_result("w", x_);
  EXPECT_EQ(error_of(function_), "@f: two results are named w");
  function_.results()[1] = {"", body_op().result()};
  EXPECT_EQ(error_of(function_), "@f: result 1 is not a value of this function");
  function_.results()[1].value = nullptr;
  EXPECT_EQ(error_of(function_), "@f: result 1 is missing");
}

TEST_F(VerifyTest, InPlaceResults) {
  function_.results()[0].value = sum_->result();
  EXPECT_EQ(error_of(function_), "@f: result w of type f32[] cannot replace the weight parameter of type f32[4]");
  w_->role = Role::kState;
  EXPECT_EQ(error_of(function_), "@f: result w of type f32[] cannot replace the state parameter of type f32[4]");
  w_->role = Role::kInput;
  EXPECT_EQ(error_of(function_), "no error");
}

TEST_F(VerifyTest, BodyMatchesItsOp) {
  Function& body = *fused_->body;
  body.parameters()[0]->type = kScalar;
  EXPECT_EQ(error_of(function_),
            "@f, %3 = fused: operand 0 is of type f32[4], but the body's parameter %a0 of type f32[]");
  body.parameters()[0]->type = kVector;
  fused_->result()->type = kScalar;
  EXPECT_EQ(error_of(function_), "@f, %3 = fused: result 0 is of type f32[], but the body returns f32[4]");
  body.add_parameter("more", kScalar);
  EXPECT_EQ(error_of(function_), "@f, %3 = fused: has 1 operands, but its body 2 parameters");
  body.remove_parameter(1);
  body.results().clear();
  EXPECT_EQ(error_of(function_), "@f, %3 = fused: has 1 results, but its body returns 0");
}

TEST_F(VerifyTest, BodyIsVerified) {
  body_op().operands[0] = x_;
  EXPECT_EQ(error_of(function_), "@f, %3 = fused, %b0 = exp: operand 0 is not defined before it is used here");
  body_op().operands[0] = fused_->body->parameters()[0].get();
  fused_->body->results()[0].value = w_;
  EXPECT_EQ(error_of(function_), "@f, %3 = fused: result 0 is not a value of this function");
}

TEST_F(VerifyTest, BodiesDoNotNest) {
  auto body = fused_->body->clone();
  auto inner = make_op(OpKind::kFused, {body->parameters()[0].get()}, FusedAttributes{}, {kVector}, {});
  inner->body = std::move(fused_->body);
  body->insert(body->ops().begin(), std::move(inner));
  fused_->body = std::move(body);
  EXPECT_EQ(error_of(function_), "@f, %3 = fused, %b0 = fused: fused may not hold fused");
}

TEST_F(VerifyTest, OnlyFusedAndMapHaveABody) {
  neg_->body = fused_->body->clone();
  EXPECT_EQ(error_of(function_), "@f, %0 = neg: has a body, which only fused and loop may have");
  neg_->body = nullptr;
  fused_->body = nullptr;
  EXPECT_EQ(error_of(function_), "@f, %3 = fused: has no body");
}

TEST_F(VerifyTest, BrokenFunctionsStillPrint) {
  add_->operands[0] = nullptr;
  function_.results()[0].value = nullptr;
  fused_->body = nullptr;
  const std::string text = print(function_);
  EXPECT_NE(text.find("-> (w: ?)"), std::string::npos) << text;
  EXPECT_NE(text.find("%1 = add(%?, %w) : f32[4]"), std::string::npos) << text;
  EXPECT_NE(text.find("return %?"), std::string::npos) << text;
}

TEST_F(VerifyTest, FunctionNamesInAModule) {
  Module module;
  module.functions.push_back(function_.clone());
  EXPECT_TRUE(verify(module).has_value());
  module.functions.push_back(function_.clone());
  const auto status = verify(module);
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().to_string(), "@f: error: two functions have this name");
}

}  // namespace
}  // namespace minnow
