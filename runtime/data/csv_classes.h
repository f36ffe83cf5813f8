// From the labels of a CSV file to class numbers.
#pragma once

#include <string>
#include <vector>

#include "interpreter/tensor.h"
#include "ir/error.h"
#include "runtime/data/csv_table.h"
#include "runtime/data/dataset.h"

namespace minnow {

struct CsvClasses {
  Tensor numbers;                  // i32 [N]
  std::vector<std::string> names;  // in the order of their numbers
};

// Labels that all are whole numbers, written as such, are the class numbers themselves, below `options.max_classes`.
// All others are names, numbered in order: by value if all are numbers, else alphabetically. Spellings of one number
// are one class, "1" and "1.0". Names that are known beforehand, as from the training file, keep their numbers, and no
// other may occur. `where` names the file in errors.
Result<CsvClasses> number_classes(const std::vector<CsvCell>& labels, const CsvOptions& options,
                                  const std::string& where);

}  // namespace minnow
