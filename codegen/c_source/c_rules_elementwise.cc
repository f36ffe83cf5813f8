#include "codegen/c_source/c_rules.h"

namespace minnow {
namespace {

// How an op is written for floats, for i32, and for u8 and pred; nullptr: types that the op does not have.
struct Expression {
  const char *real, *integer, *byte;
};

// The elements that an op computes; left undefined for others.
template <OpKind kind>
struct CElement;

#define MINNOW_C_ELEMENT(kind, ...)                     \
  template <>                                           \
  struct CElement<OpKind::k##kind> {                    \
    static constexpr Expression kValue = {__VA_ARGS__}; \
  };

MINNOW_C_ELEMENT(Negate, "-a[i]", "(int32_t)(0u - (uint32_t)a[i])", "(uint8_t)-a[i]")
MINNOW_C_ELEMENT(Abs, "minnow_abs(a[i])", "a[i] < 0 ? (int32_t)(0u - (uint32_t)a[i]) : a[i]", "a[i]")
MINNOW_C_ELEMENT(Sign, "minnow_sign(a[i])", "(a[i] > 0) - (a[i] < 0)", "a[i] > 0")
MINNOW_C_ELEMENT(Exp, "minnow_exp(a[i])", nullptr, nullptr)
MINNOW_C_ELEMENT(Log, "minnow_log(a[i])", nullptr, nullptr)
MINNOW_C_ELEMENT(Log1p, "minnow_log1p(a[i])", nullptr, nullptr)
MINNOW_C_ELEMENT(Expm1, "minnow_expm1(a[i])", nullptr, nullptr)
MINNOW_C_ELEMENT(Sqrt, "minnow_sqrt(a[i])", nullptr, nullptr)
MINNOW_C_ELEMENT(Tanh, "minnow_tanh(a[i])", nullptr, nullptr)
MINNOW_C_ELEMENT(Sigmoid, "minnow_sigmoid(a[i])", nullptr, nullptr)
MINNOW_C_ELEMENT(Erf, "minnow_erf(a[i])", nullptr, nullptr)
MINNOW_C_ELEMENT(Erfc, "minnow_erfc(a[i])", nullptr, nullptr)
MINNOW_C_ELEMENT(Cos, "minnow_cos(a[i])", nullptr, nullptr)
MINNOW_C_ELEMENT(Sin, "minnow_sin(a[i])", nullptr, nullptr)
MINNOW_C_ELEMENT(Atan, "minnow_atan(a[i])", nullptr, nullptr)
MINNOW_C_ELEMENT(Floor, "minnow_floor(a[i])", nullptr, nullptr)
MINNOW_C_ELEMENT(Round, "minnow_round(a[i])", nullptr, nullptr)
MINNOW_C_ELEMENT(Not, "a[i] == 0", "a[i] == 0", "a[i] == 0")
MINNOW_C_ELEMENT(Add, "a[i] + b[i]", "(int32_t)((uint32_t)a[i] + (uint32_t)b[i])", "(uint8_t)(a[i] + b[i])")
MINNOW_C_ELEMENT(Subtract, "a[i] - b[i]", "(int32_t)((uint32_t)a[i] - (uint32_t)b[i])", "(uint8_t)(a[i] - b[i])")
MINNOW_C_ELEMENT(Multiply, "a[i] * b[i]", "(int32_t)((uint32_t)a[i] * (uint32_t)b[i])", "(uint8_t)(a[i] * b[i])")
MINNOW_C_ELEMENT(Divide, "a[i] / b[i]", nullptr, nullptr)
MINNOW_C_ELEMENT(Maximum, "minnow_max(a[i], b[i])", "a[i] > b[i] ? a[i] : b[i]", "a[i] > b[i] ? a[i] : b[i]")
MINNOW_C_ELEMENT(Minimum, "minnow_min(a[i], b[i])", "a[i] < b[i] ? a[i] : b[i]", "a[i] < b[i] ? a[i] : b[i]")
MINNOW_C_ELEMENT(Power, "minnow_pow(a[i], b[i])", nullptr, nullptr)
MINNOW_C_ELEMENT(Equal, "a[i] == b[i]", "a[i] == b[i]", "a[i] == b[i]")
MINNOW_C_ELEMENT(NotEqual, "a[i] != b[i]", "a[i] != b[i]", "a[i] != b[i]")
MINNOW_C_ELEMENT(Less, "a[i] < b[i]", "a[i] < b[i]", "a[i] < b[i]")
MINNOW_C_ELEMENT(LessEqual, "a[i] <= b[i]", "a[i] <= b[i]", "a[i] <= b[i]")
MINNOW_C_ELEMENT(Greater, "a[i] > b[i]", "a[i] > b[i]", "a[i] > b[i]")
MINNOW_C_ELEMENT(GreaterEqual, "a[i] >= b[i]", "a[i] >= b[i]", "a[i] >= b[i]")
MINNOW_C_ELEMENT(And, "a[i] && b[i]", "a[i] && b[i]", "a[i] && b[i]")
MINNOW_C_ELEMENT(Or, "a[i] || b[i]", "a[i] || b[i]", "a[i] || b[i]")
MINNOW_C_ELEMENT(Select, "a[i] ? b[i] : c[i]", "a[i] ? b[i] : c[i]", "a[i] ? b[i] : c[i]")
MINNOW_C_ELEMENT(MultiplyAdd, "a[i] * b[i] + c[i]", nullptr, nullptr)
MINNOW_C_ELEMENT(Convert, nullptr, nullptr, nullptr)  // see convert()

#undef MINNOW_C_ELEMENT

template <OpKind kind, uint32_t traits>
constexpr Expression expression_of() {
  if constexpr ((traits & kElementwise) != 0) return CElement<kind>::kValue;
  else return {};
}

constexpr Expression kExpressions[] = {
#define MINNOW_OP(kind, mnemonic, operands, infer, traits, attributes) expression_of<OpKind::k##kind, (traits)>(),
#include "ir/ops.def"
};

std::string convert(DType from, DType to) {
  if (from == to) return "a[i]";
  if (to == DType::kF64) return "(double)a[i]";
  if (from == DType::kF64) return to == DType::kF32 ? "(float)a[i]" : "";
  if (to == DType::kPred) return "a[i] != 0";
  if (to == DType::kF32) return "(float)a[i]";
  if (from == DType::kF32) return to == DType::kI32 ? "minnow_to_i32(a[i])" : "minnow_to_u8(a[i])";
  if (from == DType::kI32) return "(uint8_t)(a[i] < 0 ? 0 : a[i] > 255 ? 255 : a[i])";
  return to == DType::kI32 ? "(int32_t)a[i]" : "a[i]";
}

// Of functions there are few.
std::string of_double(const char* real) {
  std::string text = real == nullptr ? "" : real;
  const size_t call = text.find("minnow_");
  if (call == text.npos) return text;
  for (const std::string_view known : {"minnow_sqrt(", "minnow_max(", "minnow_min("})
    if (text.starts_with(known)) return text.insert(known.size() - 1, "_double");
  return "";
}

}  // namespace

std::string c_expression(const Op& op) {
  const DType type = op.operands.front()->type.dtype;
  if (op.kind == OpKind::kConvert) return convert(type, op.type().dtype);
  const Expression& expression = kExpressions[static_cast<size_t>(op.kind)];
  if (type == DType::kF64) return of_double(expression.real);
  const char* text = type == DType::kF32 ? expression.real : type == DType::kI32 ? expression.integer : expression.byte;
  return text == nullptr ? "" : text;
}

}  // namespace minnow
