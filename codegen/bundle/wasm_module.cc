#include "codegen/bundle/wasm_module.h"

#include <llvm/BinaryFormat/Wasm.h>
#include <llvm/Object/Wasm.h>
#include <llvm/Support/LEB128.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "passes/plan_memory.h"

namespace minnow {
namespace {

namespace wasm = llvm::wasm;
using llvm::object::WasmObjectFile;
using llvm::object::WasmSection;
using llvm::object::WasmSegment;
using llvm::object::WasmSymbol;

constexpr int64_t kStackBytes = 64 << 10;
constexpr unsigned kPaddedBytes = 5;  // of a number that a linker may replace
constexpr uint8_t kFunctionExport = 0;

std::string unsigned_leb(uint64_t value, unsigned padded = 0) {
  std::array<uint8_t, 16> bytes;
  const unsigned count = llvm::encodeULEB128(value, bytes.data(), padded);
  return {bytes.begin(), bytes.begin() + count};
}

std::string signed_leb(int64_t value, unsigned padded = 0) {
  std::array<uint8_t, 16> bytes;
  const unsigned count = llvm::encodeSLEB128(value, bytes.data(), padded);
  return {bytes.begin(), bytes.begin() + count};
}

std::string text_of(llvm::ArrayRef<uint8_t> bytes) { return {bytes.begin(), bytes.end()}; }

std::string with_size(const std::string& bytes) { return unsigned_leb(bytes.size()) + bytes; }

std::string section(unsigned kind, const std::string& content) { return static_cast<char>(kind) + with_size(content); }

int64_t address_of(const WasmSegment& segment) { return kStackBytes + segment.Data.Offset.Inst.Value.Int32; }

class Linker {
 public:
  explicit Linker(const WasmObjectFile& file) : file_(file) {
    for (const llvm::object::SymbolRef& symbol : file.symbols()) symbols_.push_back(&file.getWasmSymbol(symbol));
  }

  // Sections stand in the order of the specification; exports come in front of the code.
  Result<WasmModule> link() {
    WasmModule module;
    module.bytes = std::string("\0asm\1\0\0\0", 8);
    for (const llvm::object::SectionRef& reference : file_.sections()) {
      const WasmSection& found = file_.getWasmSection(reference);
      switch (found.Type) {
        case wasm::WASM_SEC_CUSTOM:
        case wasm::WASM_SEC_DATACOUNT: break;
        case wasm::WASM_SEC_CODE: {
          MINNOW_ASSIGN(const std::string code, relocated(found));
          module.bytes += section(wasm::WASM_SEC_EXPORT, exports()) + section(found.Type, code);
          break;
        }
        case wasm::WASM_SEC_DATA: {
          MINNOW_ASSIGN(const std::string data, data_section(found));
          module.bytes += section(found.Type, data);
          break;
        }
        default: module.bytes += section(found.Type, text_of(found.Content));
      }
    }
    module.stack_bytes = kStackBytes;
    module.used_bytes = kStackBytes;
    for (const WasmSegment& segment : file_.dataSegments())
      module.used_bytes = std::max(module.used_bytes, aligned(address_of(segment) + std::ssize(segment.Data.Content)));
    return module;
  }

 private:
  std::string exports() const {
    std::string rows;
    uint64_t count = 0;
    for (const WasmSymbol* symbol : symbols_) {
      if (!symbol->isTypeFunction() || symbol->isUndefined() || symbol->isBindingLocal()) continue;
      rows += with_size(symbol->Info.Name.str()) + static_cast<char>(kFunctionExport) +
              unsigned_leb(symbol->Info.ElementIndex);
      ++count;
    }
    return unsigned_leb(count) + rows;
  }

  // An object numbers its own functions, types and globals as the module does; addresses move behind the stack.
  Result<std::string> relocated(const WasmSection& code) const {
    std::string bytes = text_of(code.Content);
    for (const wasm::WasmRelocation& relocation : code.Relocations) {
      const auto at = static_cast<size_t>(relocation.Offset);
      switch (relocation.Type) {
        case wasm::R_WASM_FUNCTION_INDEX_LEB:
          if (symbols_[relocation.Index]->isUndefined()) return unresolved(*symbols_[relocation.Index]);
          break;
        case wasm::R_WASM_TYPE_INDEX_LEB:
        case wasm::R_WASM_GLOBAL_INDEX_LEB: break;
        case wasm::R_WASM_MEMORY_ADDR_LEB:
          bytes.replace(at, kPaddedBytes, unsigned_leb(static_cast<uint64_t>(target_of(relocation)), kPaddedBytes));
          break;
        case wasm::R_WASM_MEMORY_ADDR_SLEB:
          bytes.replace(at, kPaddedBytes, signed_leb(target_of(relocation), kPaddedBytes));
          break;
        default: return fail("", "internal: a relocation of kind {} in an object of WebAssembly", relocation.Type);
      }
    }
    return bytes;
  }

  static tl::unexpected<Error> unresolved(const WasmSymbol& symbol) {
    return fail("", "internal: an object of WebAssembly needs \"{}\"", symbol.Info.Name.str());
  }

  int64_t target_of(const wasm::WasmRelocation& relocation) const {
    const WasmSymbol& symbol = *symbols_[relocation.Index];
    MINNOW_CHECK(symbol.isTypeData() && symbol.isDefined(), "no data: {}", symbol.Info.Name.str());
    const WasmSegment& segment = file_.dataSegments()[symbol.Info.DataRef.Segment];
    return address_of(segment) + static_cast<int64_t>(symbol.Info.DataRef.Offset) + relocation.Addend;
  }

  Result<std::string> data_section(const WasmSection& data) const {
    if (!data.Relocations.empty()) return fail("", "internal: constants of WebAssembly hold addresses");
    std::string rows;
    uint64_t count = 0;
    for (const WasmSegment& segment : file_.dataSegments()) {
      if (segment.Data.Content.empty()) continue;
      rows += std::string(1, '\0') + static_cast<char>(wasm::WASM_OPCODE_I32_CONST) + signed_leb(address_of(segment)) +
              static_cast<char>(wasm::WASM_OPCODE_END) + with_size(text_of(segment.Data.Content));
      ++count;
    }
    return unsigned_leb(count) + rows;
  }

  const WasmObjectFile& file_;
  std::vector<const WasmSymbol*> symbols_;
};

}  // namespace

Result<WasmModule> link_wasm(std::string_view object) {
  const llvm::MemoryBufferRef bytes({object.data(), object.size()}, "bundle");
  auto file = llvm::object::ObjectFile::createWasmObjectFile(bytes);
  if (!file) return fail("", "internal: the object cannot be read: {}", llvm::toString(file.takeError()));
  return Linker(**file).link();
}

}  // namespace minnow
