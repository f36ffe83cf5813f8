// Every operator with whatever operands and attributes: it becomes ops that verify, or is refused with a message.
//
// MINNOW_FUZZ_CASES says how many to try of each.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "frontend/onnx/onnx_rule.h"
#include "ir/verify.h"
#include "tests/onnx/small_graph.h"

namespace minnow {

void PrintTo(const OnnxRule& rule, std::ostream* out) { *out << rule.op; }

}  // namespace minnow

namespace minnow::onnx_tests {
namespace {

using onnx::AttributeProto;
using onnx::TensorProto;

constexpr std::string_view kWhole =
    "align_corners allowzero antialias axis is_case_sensitive maxsplit default_int64 batch_axis batch_dims block_size blocksize ceil_mode count_include_pad dtype "
    "exclusive group hidden_size inverse is_causal k keepdims kv_num_heads layout new_axis num_groups num_heads num_outputs "
    "onesided p q_num_heads reverse rotary_embedding_dim select_last_index size storage_order time_axis to training_mode "
    "upper";
constexpr std::string_view kLists =
    "axes dilations ends kernel_shape output_padding output_shape pads perm repeats shape split starts strides value_ints "
    "keys_int64s values_int64s";
constexpr std::string_view kTexts =
    "mode=edge mode=wrap mode=linear mode=cubic auto_pad=SAME_LOWER auto_pad=VALID reduction=max reduction=none "
    "equation=...ij,jk->...k equation=ii direction=bidirectional keep_aspect_ratio_policy=not_smaller "
    "delimiter=- case_change_action=UPPER case_change_action=LOWER";
// Of lists.
constexpr std::string_view kTextLists = "stopwords=-1 keys_strings=0 values_strings=2 value_strings=1";

// A model of one node, drawn at random.
class OddNode {
 public:
  OddNode(const OnnxRule& rule, uint32_t seed) : rng_(seed), model_(small_model({}, {}, version())) {
    if (!rule.domain.empty()) {
      auto& domain = *model_.add_opset_import();
      domain.set_domain(std::string(rule.domain));
      domain.set_version(1);
    }
    node_ = model_.mutable_graph()->add_node();
    node_->set_op_type(std::string(rule.op));
    node_->set_domain(std::string(rule.domain));
    for (const char* name : {"y", "z", "w"})
      if (node_->output().empty() || one_in(4)) node_->add_output(name);
    const size_t most = std::min<size_t>(rule.most, rule.least + 5);
    const auto inputs = static_cast<size_t>(number(static_cast<int64_t>(rule.least), static_cast<int64_t>(most)));
    for (size_t i = 0; i < inputs; ++i) add_input(i, (rule.known >> i & 1) != 0);
    while (one_in(2)) add_attribute();
  }

  const onnx::ModelProto& model() const { return model_; }

 private:
  int64_t number(int64_t low, int64_t high) { return std::uniform_int_distribution(low, high)(rng_); }
  bool one_in(int64_t n) { return number(1, n) == 1; }
  int64_t version() { return std::array{7, 10, 11, 13, 18, 23}[static_cast<size_t>(number(0, 5))]; }
  // Small, or on rare occasions as large as can be.
  int64_t whole() {
    if (!one_in(12)) return number(-3, 4);
    return std::array{INT64_MIN, INT64_MAX, int64_t{1} << 31, int64_t{65536}}[static_cast<size_t>(number(0, 3))];
  }

  Shape shape() {
    Shape shape(static_cast<size_t>(number(0, 4)));
    for (int64_t& dim : shape) dim = one_in(6) ? 0 : one_in(12) ? 65536 : number(1, 3);
    return shape;
  }

  // Known to whoever reads the file, or the user's.
  void add_input(size_t i, bool must_be_known) {
    if (one_in(10)) {
      node_->add_input();
      return;
    }
    const std::string name = fmt::format("x{}", i);
    node_->add_input(name);
    if (must_be_known || one_in(3)) return add_known(name);
    onnx::ValueInfoProto& info = *model_.mutable_graph()->add_input();
    info.set_name(name);
    auto& type = *info.mutable_type()->mutable_tensor_type();
    type.set_elem_type(one_in(3) ? TensorProto::INT64 : one_in(5) ? TensorProto::BOOL : TensorProto::FLOAT);
    type.mutable_shape();
    for (const int64_t dim : shape()) type.mutable_shape()->add_dim()->set_dim_value(dim);
  }

  void add_known(const std::string& name) {
    if (one_in(12)) return add_splat(name);
    TensorProto& tensor = *model_.mutable_graph()->add_initializer();
    tensor.set_name(name);
    const bool is_string = one_in(node_->op_type().starts_with("String") ? 2 : 8), is_whole = !one_in(4);
    tensor.set_data_type(is_string ? TensorProto::STRING : is_whole ? TensorProto::INT64 : TensorProto::FLOAT);
    int64_t count = 1;
    for (const int64_t dim : one_in(2) ? Shape{number(0, 4)} : shape()) tensor.add_dims(dim), count *= dim;
    for (int64_t i = 0; i < std::min<int64_t>(count, 1 << 20); ++i)
      if (is_string) tensor.add_string_data(fmt::format("{}", whole()));
      else if (is_whole) tensor.add_int64_data(whole());
      else tensor.add_float_data(static_cast<float>(whole()));
  }

  // More elements than there is memory for, all the same.
  void add_splat(const std::string& name) {
    TensorProto& count = *model_.mutable_graph()->add_initializer();
    count.set_name(name + "_shape");
    count.set_data_type(TensorProto::INT64);
    count.add_dims(1);
    count.add_int64_data(INT32_MAX);
    onnx::NodeProto splat;
    splat.set_op_type("ConstantOfShape");
    splat.add_input(name + "_shape");
    splat.add_output(name);
    auto& value = *splat.add_attribute();
    value.set_name("value");
    TensorProto& element = *value.mutable_t();
    element.add_dims(1);
    element.set_data_type(one_in(4) ? TensorProto::STRING : TensorProto::INT64);
    if (element.data_type() == TensorProto::STRING) element.add_string_data("-");
    else element.add_int64_data(number(0, 1));
    *model_.mutable_graph()->add_node() = splat;
    auto& nodes = *model_.mutable_graph()->mutable_node();
    nodes.SwapElements(nodes.size() - 1, nodes.size() - 2);
    node_ = nodes.Mutable(nodes.size() - 1);
  }

  void add_attribute() {
    AttributeProto& attribute = *node_->add_attribute();
    if (one_in(4)) {
      const std::string text = word_of(kTexts);
      attribute.set_name(text.substr(0, text.find('=')));
      attribute.set_type(AttributeProto::STRING);
      attribute.set_s(text.substr(text.find('=') + 1));
    } else if (one_in(6)) {
      const std::string text = word_of(kTextLists);
      attribute.set_name(text.substr(0, text.find('=')));
      attribute.set_type(AttributeProto::STRINGS);
      for (int64_t left = number(0, 3); left > 0; --left) attribute.add_strings(text.substr(text.find('=') + 1));
    } else if (one_in(2)) {
      attribute.set_name(word_of(kWhole));
      attribute.set_type(AttributeProto::INT);
      attribute.set_i(whole());
    } else {
      attribute.set_name(word_of(kLists));
      attribute.set_type(AttributeProto::INTS);
      for (int64_t left = number(0, 4); left > 0; --left) attribute.add_ints(whole());
    }
  }

  std::string word_of(std::string_view words) {
    for (int64_t left = number(0, std::ranges::count(words, ' ')); left > 0; --left)
      words.remove_prefix(words.find(' ') + 1);
    return std::string(words.substr(0, words.find(' ')));
  }

  std::mt19937 rng_;
  onnx::ModelProto model_;
  onnx::NodeProto* node_ = nullptr;
};

void import(const onnx::ModelProto& model, bool is_training) {
  const auto file = OnnxFile::parse(model.SerializeAsString(), "odd.onnx");
  ASSERT_TRUE(file) << file.error().message;
  const auto inputs = graph_inputs(**file, {});
  if (!inputs) return;
  Function function("infer");
  std::map<std::string, Value*> values;
  for (const GraphInput& input : *inputs) values[input.name] = function.add_parameter(input.name, input.type);
  const auto graph =
      import_graph(**file, {"y"}, values,
                   {.is_training = is_training, .max_bytes = int64_t{1} << 28, .takes_strings = true}, function);
  if (!graph) {
    EXPECT_NE(graph.error().message, "") << model.ShortDebugString();
    return;
  }
  if (graph->outputs[0] != nullptr) function.add_result("y", graph->outputs[0]);
  else EXPECT_NE(graph->strings[0], nullptr) << model.ShortDebugString();
  const Status verified = verify(function);
  EXPECT_TRUE(verified) << model.ShortDebugString() << "\n" << verified.error().to_string();
}

class OddOperands : public testing::TestWithParam<OnnxRule> {};

TEST_P(OddOperands, AreRefusedOrBecomeOps) {
  const char* count = std::getenv("MINNOW_FUZZ_CASES");
  const uint64_t last = count == nullptr ? 200 : std::strtoul(count, nullptr, 10);
  for (uint32_t seed = 1; seed <= last; ++seed) import(OddNode(GetParam(), seed).model(), seed % 2 == 0);
}

std::vector<OnnxRule> all_rules() { return {onnx_rules().begin(), onnx_rules().end()}; }

INSTANTIATE_TEST_SUITE_P(Operators, OddOperands, testing::ValuesIn(all_rules()),
                         [](const auto& info) { return std::string(info.param.op); });

}  // namespace
}  // namespace minnow::onnx_tests
