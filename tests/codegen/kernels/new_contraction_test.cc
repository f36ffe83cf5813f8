// A contraction that is no op of the language needs a table of axes, and no emitter.
#include <gtest/gtest.h>

#include "codegen/kernels/emit_contraction.h"
#include "codegen/machine/jit_code.h"
#include "interpreter/tensor.h"

namespace minnow {
namespace {

// A locally connected layer: like a convolution, with a filter of its own at each pixel.
// y[h,w,n,o] = sum over c,i,j of x[n,c,h+i,w+j] * k[h,w,c,i,j,o]
struct LocallyConnected {
  int64_t height, width, images, outputs, channels, rows, columns;

  Shape x() const { return {images, channels, height + rows - 1, width + columns - 1}; }
  Shape k() const { return {height, width, channels, rows, columns, outputs}; }
  Shape y() const { return {height, width, images, outputs}; }

  Contraction table() const {
    using Kind = Axis::Kind;
    enum : size_t { h, w, n, o, c, i, j };
    const auto at = [](size_t axis) { return AffineCoord{{{axis}}}; };
    return {{{Kind::kBatch, height},
             {Kind::kBatch, width},
             {Kind::kRow, images},
             {Kind::kColumn, outputs},
             {Kind::kDepth, channels},
             {Kind::kDepth, rows},
             {Kind::kDepth, columns}},
            {at(n), at(c), {{{h}, {i}}}, {{{w}, {j}}}},
            {at(h), at(w), at(c), at(i), at(j), at(o)},
            {at(h), at(w), at(n), at(o)}};
  }
};

Tensor whole_numbers(const Shape& shape, int seed) {
  Tensor tensor = Tensor::zeros({DType::kF32, shape});
  int number = seed;
  for (float& element : tensor.as<float>()) element = static_cast<float>((number = (number * 37 + 11) % 101) % 7 - 3);
  return tensor;
}

Tensor sum_by_hand(const LocallyConnected& l, const Tensor& x, const Tensor& k) {
  Tensor y = Tensor::zeros({DType::kF32, l.y()});
  size_t at = 0;
  for (int64_t h = 0; h < l.height; ++h)
    for (int64_t w = 0; w < l.width; ++w)
      for (int64_t n = 0; n < l.images; ++n)
        for (int64_t o = 0; o < l.outputs; ++o) {
          float sum = 0;
          for (int64_t c = 0; c < l.channels; ++c)
            for (int64_t i = 0; i < l.rows; ++i)
              for (int64_t j = 0; j < l.columns; ++j) {
                const int64_t from = ((n * l.channels + c) * l.x()[2] + h + i) * l.x()[3] + w + j;
                const int64_t weight =
                    ((((h * l.width + w) * l.channels + c) * l.rows + i) * l.columns + j) * l.outputs + o;
                sum += x.as<float>()[static_cast<size_t>(from)] * k.as<float>()[static_cast<size_t>(weight)];
              }
          y.as<float>()[at++] = sum;
        }
  return y;
}

// The schedule's kernel, for an op of which only the operands and the type of the result are known.
void run_scheduled(const LocallyConnected& l, Tensor& x, Tensor& k, Tensor& y) {
  Function function("f");
  Value* left = function.add_parameter("x", x.type());
  Value* right = function.add_parameter("k", k.type());
  const Op* op = function.insert(function.ops().end(), make_op(OpKind::kDot, {left, right}, {}, {y.type()}, {}));
  std::vector<Buffer> buffers;
  Storage storage(buffers);
  for (const Value* value : {left, right, op->result()})
    storage.place(value, storage.add({Buffer::Kind::kParameter, 0, 0, value->type.bytes(), {}, Layout::kRowMajor}));
  KernelWork work;
  work.origin = work.main = op;
  work.inside = {op};
  work.outputs = {{op->result(), storage.find(op->result())}};

  const auto target = host_target();
  ASSERT_TRUE(target);
  const PanelSchedule schedule(l.table(), *target, false);
  ASSERT_LE(schedule.bytes(), scratch_room(work));
  llvm::LLVMContext context;
  llvm::Module module("m", context);
  KernelBuilder kernel(module, *target, "kernel");
  const WorkUnits units = emit_scheduled(kernel, storage, work, schedule);
  kernel.finish();
  auto object = compile_module(module, *target, 2);
  ASSERT_TRUE(object);
  std::vector<ObjectBytes> objects;
  objects.push_back(*std::move(object));
  auto code = JitCode::link(std::move(objects));
  ASSERT_TRUE(code);
  const auto entry = (*code)->find("kernel");
  ASSERT_TRUE(entry);
  std::byte* const tensors[] = {x.data(), k.data(), y.data()};
  std::vector<std::byte*> given;
  for (const int buffer : kernel.buffers()) given.push_back(tensors[buffer]);
  for (int64_t unit = 0; unit < units.count; ++unit)
    reinterpret_cast<KernelEntry>(*entry)(given.data(), unit, unit + 1);
}

TEST(ANewContraction, NeedsNoEmitter) {
  for (const LocallyConnected& l : {LocallyConnected{2, 3, 1, 1, 1, 1, 1}, LocallyConnected{3, 2, 5, 20, 2, 3, 2},
                                    LocallyConnected{2, 2, 19, 33, 3, 2, 3}, LocallyConnected{1, 4, 40, 70, 1, 2, 2}}) {
    Tensor x = whole_numbers(l.x(), 1), k = whole_numbers(l.k(), 5);
    Tensor y = Tensor::zeros({DType::kF32, l.y()});
    run_scheduled(l, x, k, y);
    const Tensor expected = sum_by_hand(l, x, k);
    for (size_t i = 0; i < y.as<float>().size(); ++i) ASSERT_EQ(y.as<float>()[i], expected.as<float>()[i]) << i;
  }
}

}  // namespace
}  // namespace minnow
