#include <algorithm>
#include <numeric>

#include "ir/builder.h"
#include "passes/fuse.h"
#include "passes/grow_cluster.h"

namespace minnow {

Shape RowShape::full() const {
  Shape shape = rows;
  shape.insert(shape.end(), columns.begin(), columns.end());
  return shape;
}

namespace {

// first, first + 1, ..., one per dimension of `shape`.
std::vector<int64_t> dims_from(size_t first, const Shape& shape) {
  std::vector<int64_t> dims(shape.size());
  std::iota(dims.begin(), dims.end(), static_cast<int64_t>(first));
  return dims;
}

std::vector<int64_t> reduced_dims(const Op& op) {
  if (op.kind == OpKind::kArgMax) return {op.attr<DimAttributes>().dim};
  std::vector<int64_t> dims = op.attr<DimsAttributes>().dims;
  std::ranges::sort(dims);
  return dims;
}

}  // namespace

std::optional<RowShape> row_shape_of_reduction(const Op& op) {
  if (!has_trait(op.kind, kReduction)) return std::nullopt;
  const Shape& shape = op.operands[0]->type.shape;
  const std::vector<int64_t> dims = reduced_dims(op);
  if (dims.empty() || dims.size() >= shape.size()) return std::nullopt;
  const auto split = shape.end() - static_cast<std::ptrdiff_t>(dims.size());
  RowShape row{Shape(shape.begin(), split), Shape(split, shape.end())};
  if (dims != dims_from(row.rows.size(), row.columns)) return std::nullopt;
  return row;
}

RowShape row_shape(const Op& fused) {
  for (const auto& op : fused.body->ops())
    if (const auto row = row_shape_of_reduction(*op)) return *row;
  check_failed(__FILE__, __LINE__, "a reduction in the body", "a row kernel reduces nothing");
}

namespace {

class RowRules : public KernelRules {
 public:
  explicit RowRules(RowShape row) : row_(std::move(row)), full_(row_.full()) {}

  std::string_view why_not(const Cluster& cluster, const Op& op) const override {
    if (!has_place_in_row(op)) return "it does not fit the kernel's rows";
    if (op.kind == OpKind::kBroadcast || op.kind == OpKind::kIota) return {};
    if (has_trait(op.kind, kReduction) || reads_from(cluster, op)) return {};
    if (!cluster.is_private(op.result())) return "others read it too, so it has to be written in any case";
    return follows_contraction(op) ? "it is the contraction's epilogue, which costs nothing" : "";
  }

  // A column may not come out of the rows that are being computed.
  std::string_view why_no_kernel(const Cluster& cluster) const override {
    const bool has_column_of_rows = std::ranges::any_of(cluster.ops(), [&](const Op* op) {
      return op->kind == OpKind::kBroadcast && is_column_broadcast(*op) && cluster.defines(op->operands[0]);
    });
    return has_column_of_rows ? "a column would come out of rows that are still being computed" : "";
  }

 private:
  bool has_place_in_row(const Op& op) const;
  bool is_column_broadcast(const Op& op) const {
    return op.attr<DimsAttributes>().dims == dims_from(row_.rows.size(), row_.columns);
  }
  bool has_place_as_broadcast(const Op& op) const;
  // Such an op is its epilogue for nothing.
  static bool follows_contraction(const Op& op) {
    return std::ranges::any_of(
        op.operands, [](const Value* operand) { return operand->op && has_trait(operand->op->kind, kContraction); });
  }

  RowShape row_;
  Shape full_;
};

bool RowRules::has_place_in_row(const Op& op) const {
  if (has_trait(op.kind, kReduction)) return row_shape_of_reduction(op) == row_ && !is_splat(op.operands[0]);
  if (op.kind == OpKind::kBroadcast) return has_place_as_broadcast(op);
  const Shape& shape = op.type().shape;
  return (has_trait(op.kind, kElementwise) || op.kind == OpKind::kIota) && (shape == full_ || shape == row_.rows);
}

bool RowRules::has_place_as_broadcast(const Op& op) const {
  const bool is_from_scalar = op.operands[0]->type.rank() == 0;
  if (op.type().shape == row_.rows) return is_from_scalar;
  if (op.type().shape != full_) return false;
  const bool is_from_row = op.attr<DimsAttributes>().dims == dims_from(0, row_.rows);
  return is_from_scalar || is_from_row || is_column_broadcast(op);
}

bool fits(const RowShape& row) {
  const int64_t columns = row.column_count();
  return columns >= 2 && columns <= kMaxRowElements && row.row_count() >= 1;
}

// The fewest leading dimensions of `shape` that leave rows short enough.
std::optional<RowShape> split_shape(const Shape& shape) {
  for (size_t split = 1; split < shape.size(); ++split) {
    const auto middle = shape.begin() + static_cast<std::ptrdiff_t>(split);
    RowShape row{Shape(shape.begin(), middle), Shape(middle, shape.end())};
    if (fits(row)) return row;
  }
  return std::nullopt;
}

// reduce_sum(x) over all dimensions → reduce_sum(reduce_sum(x) per row), where x is made for it alone.
bool split_full_sums(Function& function) {
  const UseMap uses(function);
  bool changed = false;
  for (auto it = function.ops().begin(); it != function.ops().end(); ++it) {
    Op& op = **it;
    if (op.kind != OpKind::kReduceSum || op.type().rank() != 0) continue;
    const Value* x = op.operands[0];
    if (!x->op || !has_trait(x->op->kind, kElementwise) || uses.count(x) != 1) continue;
    const auto row = split_shape(x->type.shape);
    if (!row) continue;
    Builder builder(function, it);
    builder.set_location(op.location);
    op.operands[0] = builder.reduce_sum(op.operands[0], dims_from(row->rows.size(), row->columns));
    op.attributes = DimsAttributes{dims_from(0, row->rows)};
    changed = true;
  }
  return changed;
}

bool is_worthwhile(const Cluster& cluster) {
  return std::ranges::count_if(cluster.ops(), [](const Op* op) { return !is_copied_freely(*op); }) > 1;
}

std::unique_ptr<KernelRules> rules_around(const Op& op) {
  const auto row = row_shape_of_reduction(op);
  if (!row || !fits(*row) || is_splat(op.operands[0])) return nullptr;
  return std::make_unique<RowRules>(*row);
}

}  // namespace

bool fuse_rows(Function& function, FusionLog* log) {
  const bool has_split = split_full_sums(function);
  return fuse_clusters(function, FusionKind::kRow, rules_around, is_worthwhile, log) || has_split;
}

}  // namespace minnow
