// Predictions, evaluations, steps and fits.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <chrono>
#include <optional>

#include "python/module/handle.h"

namespace minnow_python {
namespace {

using Clock = std::chrono::steady_clock;

minnow_array output_array(const Output& output) {
  return array_of(output.data(), output.ndim(), output.shape_ptr(), output.dtype());
}

void infer(Handle& handle, const Arrays& inputs, const Output& output) {
  const ArrayList list(inputs);
  minnow_array to = output_array(output);
  handle.run([&](minnow_model* model) { return minnow_infer(model, list.data(), list.size(), &to); });
}

View infer_view(nb::handle self, const Arrays& inputs) {
  const ArrayList list(inputs);
  minnow_array predictions{};
  nb::inst_ptr<Handle>(self)->run(
      [&](minnow_model* model) { return minnow_infer(model, list.data(), list.size(), &predictions); });
  return view_of(predictions, self);
}

nb::tuple evaluate(Handle& handle, const Arrays& arrays) {
  const ArrayList list(arrays);
  minnow_outcome outcome;
  handle.run([&](minnow_model* model) { return minnow_evaluate(model, list.data(), list.size(), &outcome); });
  return nb::make_tuple(outcome.loss, outcome.accuracy, outcome.examples);
}

nb::tuple train_step(Handle& handle, const Arrays& arrays, double learning_rate) {
  const ArrayList list(arrays);
  minnow_outcome outcome;
  handle.run(
      [&](minnow_model* model) { return minnow_train_step(model, list.data(), list.size(), learning_rate, &outcome); });
  return nb::make_tuple(outcome.loss, outcome.accuracy, outcome.examples);
}

nb::tuple epoch_tuple(const minnow_epoch_info& epoch) {
  return nb::make_tuple(epoch.epoch, epoch.steps, epoch.learning_rate, epoch.train_loss, epoch.train_accuracy,
                        epoch.validation_loss, epoch.validation_accuracy, epoch.seconds);
}

nb::tuple step_tuple(const minnow_step_info& step) {
  return nb::make_tuple(step.epoch, step.step, step.steps_per_epoch, step.learning_rate, step.loss, step.mean_loss,
                        step.accuracy);
}

// What a fit calls back. An exception, Ctrl-C among them, is kept until the fit has come to its end.
class Listener {
 public:
  Listener(nb::object on_step, nb::object on_epoch) : on_step_(std::move(on_step)), on_epoch_(std::move(on_epoch)) {}

  static int step(const minnow_step_info* info, void* context) { return static_cast<Listener*>(context)->hear(*info); }
  static int epoch(const minnow_epoch_info* info, void* context) {
    auto& self = *static_cast<Listener*>(context);
    if (self.on_epoch_.is_none()) return 0;
    const nb::gil_scoped_acquire acquire;
    return self.call([&] { self.on_epoch_(epoch_tuple(*info)); });
  }

  void raise() {
    if (failure_) throw nb::python_error(std::move(*failure_));
  }

 private:
  // Signals are looked for at times only: steps may take microseconds.
  int hear(const minnow_step_info& info) {
    const auto now = Clock::now();
    const bool looks = now >= next_look_;
    if (on_step_.is_none() && !looks) return 0;
    const nb::gil_scoped_acquire acquire;
    if (looks) {
      next_look_ = now + std::chrono::milliseconds(50);
      if (PyErr_CheckSignals() != 0) return keep(nb::python_error());
    }
    return on_step_.is_none() ? 0 : call([&] { on_step_(step_tuple(info)); });
  }

  template <typename Body>
  int call(Body body) {
    try {
      body();
      return 0;
    } catch (nb::python_error& error) {
      return keep(std::move(error));
    }
  }

  int keep(nb::python_error error) {
    failure_.emplace(std::move(error));
    return 1;
  }

  nb::object on_step_, on_epoch_;
  std::optional<nb::python_error> failure_;
  Clock::time_point next_look_{};
};

void fit(Handle& handle, const Arrays& train, const Arrays& validation, int64_t epochs,
         const std::optional<std::string>& data_dir, nb::object on_step, nb::object on_epoch) {
  const ArrayList train_list(train), validation_list(validation);
  Listener listener(std::move(on_step), std::move(on_epoch));
  minnow_fit_options options = MINNOW_FIT_OPTIONS_INIT;
  options.train = train_list.data();
  options.train_count = train_list.size();
  options.validation = validation_list.data();
  options.validation_count = validation_list.size();
  options.epochs = epochs;
  options.data_dir = data_dir ? data_dir->c_str() : nullptr;
  options.on_step = Listener::step;
  options.on_epoch = Listener::epoch;
  options.context = &listener;
  handle.run([&](minnow_model* model) { return minnow_fit(model, &options); });
  listener.raise();
}

nb::list epochs(const Handle& handle) {
  nb::list list;
  for (size_t i = 0; i < minnow_epoch_count(handle.get()); ++i) {
    minnow_epoch_info epoch;
    check(minnow_epoch(handle.get(), i, &epoch));
    list.append(epoch_tuple(epoch));
  }
  return list;
}

}  // namespace

void bind_running(nb::class_<Handle>& handle) {
  handle
      .def("infer", infer, nb::arg("inputs"), nb::arg("output").noconvert())  // a copy would get the predictions
      .def("infer_view", infer_view)
      .def("evaluate", evaluate)
      .def("train_step", train_step)
      .def("fit", fit, nb::arg("train"), nb::arg("validation"), nb::arg("epochs"), nb::arg("data_dir").none(),
           nb::arg("on_step").none(), nb::arg("on_epoch").none())
      .def("epochs", epochs)
      .def("steps", [](const Handle& self) { return minnow_step_count(self.get()); })
      .def("set_steps_per_epoch",
           [](Handle& self, int64_t steps) { check(minnow_set_steps_per_epoch(self.get(), steps)); })
      .def("cancel", [](const Handle& self) { minnow_cancel(self.get()); });
}

}  // namespace minnow_python
