// Commands that take a model take a file of IR text as well.
#pragma once

#include <memory>
#include <string>

#include "frontend/load/program.h"
#include "ir/function.h"

namespace minnow {

// What the program is read for. The interpreter runs bodies and loops that compiled code cannot.
enum class ReadFor { kCompiling, kInterpreting };
Result<std::unique_ptr<Module>> read_ir_file(const std::string& path, ReadFor purpose = ReadFor::kCompiling);

// The function of that name, or the first if the name is empty; the error names the nearest.
Result<const Function*> choose_function(const Module& module, const std::string& file, const std::string& name);

// Whether `function` is the training step that is made of the file's @loss, as of a model, and does not stand there.
Result<bool> is_made_of_loss(const std::string& path, const std::string& function);

// An error where all that the function computes, at once, takes more bytes than `allowed`. There may be ways with less,
// but not for a file made to harm.
Status check_memory(const std::string& file, const Function& function, int64_t allowed,
                    ReadFor purpose = ReadFor::kCompiling);

}  // namespace minnow
