#include "codegen/bundle/c_function.h"
#include "codegen/bundle/freestanding.h"

namespace minnow {
namespace {

std::string_view bytes_of(const std::vector<CheckpointRow>& rows) {
  return {reinterpret_cast<const char*>(rows.data()), rows.size() * sizeof(CheckpointRow)};
}

}  // namespace

void emit_checkpoint(const BundleCode& code) {
  const Checkpoint& checkpoint = code.checkpoint;
  link_llvm_ir(code.module, code.target, checkpoint_io_llvm());
  auto* header = add_constant(code.module, checkpoint.header, "header");
  auto* texts = add_constant(code.module, checkpoint.texts, "texts");
  auto* rows = add_constant(code.module, bytes_of(checkpoint.rows), "rows");

  CFunction save(code, "save", "ps");
  llvm::IRBuilder<>& ir = save.ir();
  auto* count = ir.getInt32(static_cast<uint32_t>(checkpoint.rows.size()));
  save.check_memory();
  save.refuse_null(save.argument(0));
  save.refuse(ir.CreateICmpULT(save.argument(1), save.size(checkpoint.bytes)), BundleError::kTooSmall);
  ir.CreateCall(code.module.getFunction("checkpoint.write_tensors"),
                {save.memory(), save.argument(0), header, ir.getInt32(static_cast<uint32_t>(checkpoint.header.size())),
                 ir.getInt32(checkpoint.step_at), rows, count});
  save.finish();

  CFunction load(code, "load", "ps");
  load.check_memory();
  load.refuse_null(load.argument(0));
  llvm::IRBuilder<>& il = load.ir();
  // What is larger is refused by its size.
  auto* most = load.size(INT32_MAX);
  auto* size = il.CreateTrunc(il.CreateSelect(il.CreateICmpUGT(load.argument(1), most), load.size(0), load.argument(1)),
                              il.getInt32Ty());
  auto* status = il.CreateCall(code.module.getFunction("checkpoint.read_tensors"),
                               {load.memory(), load.argument(0), size, texts, rows, count});
  for (const BundleError error : {BundleError::kNoSafetensors, BundleError::kTensor})
    load.refuse(il.CreateICmpEQ(status, il.getInt32(static_cast<uint32_t>(error))), error);
  load.set_field(BundleHeader::kIsLoaded, 1);
  load.finish();
}

}  // namespace minnow
