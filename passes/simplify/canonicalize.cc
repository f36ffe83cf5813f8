#include "passes/simplify/canonicalize.h"

#include "passes/simplify/canonicalize_rules.h"

namespace minnow {
namespace {

constexpr RewriteRule kRules[] = {
    {OpKind::kAdd, canonicalize_add},           {OpKind::kSubtract, canonicalize_subtract},
    {OpKind::kMultiply, canonicalize_multiply}, {OpKind::kDivide, canonicalize_divide},
    {OpKind::kNegate, canonicalize_negate},     {OpKind::kAbs, canonicalize_abs},
    {OpKind::kFloor, canonicalize_floor},       {OpKind::kMaximum, canonicalize_extremum},
    {OpKind::kMinimum, canonicalize_extremum},  {OpKind::kPower, canonicalize_power},
    {OpKind::kEqual, canonicalize_compare},     {OpKind::kNotEqual, canonicalize_compare},
    {OpKind::kLess, canonicalize_compare},      {OpKind::kLessEqual, canonicalize_compare},
    {OpKind::kGreater, canonicalize_compare},   {OpKind::kGreaterEqual, canonicalize_compare},
    {OpKind::kAnd, canonicalize_and},           {OpKind::kOr, canonicalize_or},
    {OpKind::kNot, canonicalize_not},           {OpKind::kSelect, canonicalize_select},
    {OpKind::kConvert, canonicalize_convert},   {OpKind::kBroadcast, canonicalize_broadcast},
    {OpKind::kReshape, canonicalize_reshape},   {OpKind::kTranspose, canonicalize_transpose},
    {OpKind::kSlice, canonicalize_slice},       {OpKind::kPad, canonicalize_pad},
    {OpKind::kConcat, canonicalize_concat},     {OpKind::kReduceSum, canonicalize_reduce},
    {OpKind::kReduceMax, canonicalize_reduce},  {OpKind::kDot, canonicalize_dot},
    {OpKind::kReverse, canonicalize_reverse},   {OpKind::kAdd, canonicalize_sum_of_pads},
};

}  // namespace

bool canonicalize(Function& function) { return rewrite(function, kRules); }

}  // namespace minnow
