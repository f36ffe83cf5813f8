#include "frontend/load/data_files.h"

#include <initializer_list>

namespace minnow {
namespace {

void add(std::vector<std::string>& files, std::initializer_list<const std::string*> names) {
  for (const std::string* name : names)
    if (!name->empty()) files.push_back(*name);
}

DataFiles files_of(const spec::Data::Npy& npy) {
  DataFiles files;
  add(files.train, {&npy.train_inputs(), &npy.train_targets()});
  add(files.validation, {&npy.validation_inputs(), &npy.validation_targets()});
  for (const auto* arrays : {&npy.inputs(), &npy.targets()})
    for (const spec::Data::Array& array : *arrays) {
      add(files.train, {&array.train()});
      add(files.validation, {&array.validation()});
    }
  return files;
}

}  // namespace

DataFiles files_of(const spec::Data& data) {
  DataFiles files;
  switch (data.source_case()) {
    case spec::Data::kIdx:
      add(files.train, {&data.idx().train_images(), &data.idx().train_labels()});
      add(files.validation, {&data.idx().validation_images(), &data.idx().validation_labels()});
      break;
    case spec::Data::kCsv:
      add(files.train, {&data.csv().train()});
      add(files.validation, {&data.csv().validation()});
      break;
    case spec::Data::kPngFolder:
      add(files.train, {&data.png_folder().train()});
      add(files.validation, {&data.png_folder().validation()});
      break;
    case spec::Data::kText:
      add(files.train, {&data.text().file()});
      add(files.validation, {&data.text().validation_file()});
      break;
    case spec::Data::kNpy: return files_of(data.npy());
    default: break;
  }
  return files;
}

bool sets_validation_apart(const spec::Data& data) {
  switch (data.source_case()) {
    case spec::Data::kIdx:
    case spec::Data::kCsv:
    case spec::Data::kNpy:
    case spec::Data::kPngFolder: return files_of(data).validation.empty();
    default: return false;
  }
}

}  // namespace minnow
