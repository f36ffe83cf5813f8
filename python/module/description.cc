// What a model is, and how it comes and goes.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <optional>

#include "python/module/handle.h"

namespace minnow_python {
namespace {

struct LoadOptions {
  std::vector<std::string> assignments;
  bool interprets = false;
  int threads = 0;
  int64_t max_bytes = 0;
  bool infers_only = false;
  bool caches = true;
};

// `load(options, &model)` without the GIL.
template <typename Load>
Handle* make_handle(const LoadOptions& given, Load load) {
  std::vector<const char*> assignments;
  for (const std::string& assignment : given.assignments) assignments.push_back(assignment.c_str());
  minnow_options options = MINNOW_OPTIONS_INIT;
  options.backend = given.interprets ? MINNOW_INTERPRETER : MINNOW_JIT;
  options.threads = given.threads;
  options.assignments = assignments.data();
  options.assignment_count = assignments.size();
  options.max_bytes = given.max_bytes;
  options.infers_only = given.infers_only ? 1 : 0;
  options.no_cache = given.caches ? 0 : 1;
  minnow_model* model = nullptr;
  minnow_status status;
  {
    const nb::gil_scoped_release release;
    status = load(&options, &model);
  }
  check(status);
  return new Handle(model);
}

Handle* load(const std::string& path, std::vector<std::string> assignments, bool interprets, int threads,
             int64_t max_bytes, bool infers_only, bool caches) {
  return make_handle(
      {std::move(assignments), interprets, threads, max_bytes, infers_only, caches},
      [&](const minnow_options* options, minnow_model** model) { return minnow_load(path.c_str(), options, model); });
}

Handle* parse(const std::string& text, const std::string& name, std::vector<std::string> assignments, bool interprets,
              int threads, int64_t max_bytes, bool infers_only, bool caches) {
  return make_handle({std::move(assignments), interprets, threads, max_bytes, infers_only, caches},
                     [&](const minnow_options* options, minnow_model** model) {
                       return minnow_parse(text.data(), text.size(), name.c_str(), options, model);
                     });
}

std::string take_text(char* text) {
  std::string copy = text;
  minnow_free_text(text);
  return copy;
}

// Inputs or targets.
template <size_t (*Count)(const minnow_model*), minnow_status (*Describe)(const minnow_model*, size_t, minnow_array*)>
nb::list list_of(const Handle& handle) {
  nb::list list;
  for (size_t i = 0; i < Count(handle.get()); ++i) {
    minnow_array array;
    check(Describe(handle.get(), i, &array));
    list.append(describe(array));
  }
  return list;
}

std::optional<nb::tuple> output(const Handle& handle) {
  minnow_array array;
  if (minnow_output(handle.get(), &array) != MINNOW_OK) return std::nullopt;
  return describe(array);
}

nb::list layers(const Handle& handle) {
  nb::list list;
  for (size_t i = 0; i < minnow_layer_count(handle.get()); ++i) {
    minnow_layer_info layer;
    check(minnow_layer(handle.get(), i, &layer));
    nb::list shape;
    for (int d = 0; d < layer.rank; ++d) shape.append(layer.shape[d]);
    list.append(nb::make_tuple(layer.name, layer.kind, nb::tuple(shape), layer.weights, layer.flops));
  }
  return list;
}

nb::list weights(nb::handle self) {
  constexpr const char* kKinds[] = {"weight", "state", "optimizer"};
  const Handle& handle = *nb::inst_ptr<Handle>(self);
  nb::list list;
  for (size_t i = 0; i < minnow_weight_count(handle.get()); ++i) {
    minnow_array array;
    minnow_weight_kind kind;
    check(minnow_weight(handle.get(), i, &array, &kind));
    list.append(nb::make_tuple(array.name, kKinds[kind], view_of(array, self)));
  }
  return list;
}

// Arrays of one split, inputs first.
nb::list data(nb::handle self, const std::optional<std::string>& data_dir, bool validates) {
  Handle& handle = *nb::inst_ptr<Handle>(self);
  const size_t count = minnow_input_count(handle.get()) + minnow_target_count(handle.get());
  std::vector<minnow_array> arrays(count);
  handle.run([&](minnow_model* model) {
    minnow_status status = MINNOW_OK;
    for (size_t i = 0; i < count && status == MINNOW_OK; ++i)
      status = minnow_data(model, data_dir ? data_dir->c_str() : nullptr, validates ? MINNOW_VALIDATION : MINNOW_TRAIN,
                           i, &arrays[i]);
    return status;
  });
  nb::list list;
  for (const minnow_array& array : arrays) list.append(nb::make_tuple(array.name, view_of(array, self)));
  return list;
}

nb::list class_names(const Handle& handle) {
  nb::list list;
  for (int64_t i = 0; i < minnow_class_count(handle.get()); ++i) {
    const char* name = nullptr;
    check(minnow_class_name(handle.get(), static_cast<size_t>(i), &name));
    list.append(name);
  }
  return list;
}

std::string model_text(const Handle& handle) {
  char* text = nullptr;
  check(minnow_model_text(handle.get(), &text));
  return take_text(text);
}

std::string ir_text(Handle& handle, const std::string& function, const std::string& stage, int64_t batch_size) {
  char* text = nullptr;
  handle.run(
      [&](minnow_model* model) { return minnow_ir_text(model, function.c_str(), stage.c_str(), batch_size, &text); });
  return take_text(text);
}

}  // namespace

void bind_description(nb::class_<Handle>& handle) {
  handle.def_static("load", load)
      .def_static("parse", parse)
      .def("inputs", list_of<minnow_input_count, minnow_input>)
      .def("targets", list_of<minnow_target_count, minnow_target>)
      .def("output", output)
      .def("layers", layers)
      .def("weights", weights)
      .def("text", model_text)
      .def("ir", ir_text)
      .def("data", data, nb::arg("data_dir").none(), nb::arg("validates"))
      .def("class_names", class_names)
      .def("batch_size", [](const Handle& self) { return minnow_batch_size(self.get()); })
      .def("save",
           [](Handle& self, const std::string& path) {
             self.run([&](minnow_model* model) { return minnow_save(model, path.c_str()); });
           })
      .def("export_onnx",
           [](Handle& self, const std::string& path, bool logits) {
             self.run([&](minnow_model* model) { return minnow_export_onnx(model, path.c_str(), logits ? 1 : 0); });
           })
      .def("load_weights",
           [](Handle& self, const std::string& path) {
             self.run([&](minnow_model* model) { return minnow_load_weights(model, path.c_str()); });
           })
      .def("load_checkpoint", [](Handle& self, const std::string& path) {
        self.run([&](minnow_model* model) { return minnow_load_checkpoint(model, path.c_str()); });
      });
}

}  // namespace minnow_python

NB_MODULE(_minnow, module) {
  using minnow_python::Handle;
  auto handle = nanobind::class_<Handle>(module, "Handle");
  minnow_python::bind_description(handle);
  minnow_python::bind_running(handle);
  module.attr("version") = MINNOW_VERSION_STRING;
}
