// A minnow_model that Python owns. While a thread is in it, others wait; the GIL is free meanwhile.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "include/minnow/minnow.h"

namespace minnow_python {

namespace nb = nanobind;

// Any array of the CPU whose elements follow each other: NumPy's, or another library's by DLPack.
using Input = nb::ndarray<nb::ro, nb::c_contig, nb::device::cpu>;
using Output = nb::ndarray<nb::c_contig, nb::device::cpu>;
using View = nb::ndarray<nb::numpy>;
// Of all names or of none; a name of None stands for the next in order.
using Arrays = std::vector<std::pair<nb::object, Input>>;

// Raises what the status stands for, with the texts of the last error; returns if it is MINNOW_OK.
void check(minnow_status status);

class Handle {
 public:
  explicit Handle(minnow_model* model) : model_(model) {}
  ~Handle() { minnow_free(model_); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  minnow_model* get() const { return model_; }

  // Calls `body(model)` without the GIL, alone, and raises what it answers. From a callback of the model itself, which
  // would wait for ever, it raises.
  template <typename Body>
  void run(Body body) {
    check_not_within();
    minnow_status status;
    {
      const nb::gil_scoped_release release;
      const std::lock_guard lock(mutex_);
      user_ = std::this_thread::get_id();
      status = body(model_);
      user_ = std::thread::id();
    }
    check(status);
  }

 private:
  void check_not_within() const {
    if (user_ == std::this_thread::get_id())
      throw nb::value_error("a callback may look at weights and stop the model, but not run it");
  }

  minnow_model* model_;
  std::mutex mutex_;
  std::atomic<std::thread::id> user_{};
};

// `arrays` lives as long as what is made of it is used.
class ArrayList {
 public:
  explicit ArrayList(const Arrays& arrays);
  const minnow_array* data() const { return list_.empty() ? nullptr : list_.data(); }
  size_t size() const { return list_.size(); }

 private:
  std::vector<std::string> names_;
  std::vector<minnow_array> list_;
};

minnow_array array_of(void* data, size_t rank, const int64_t* shape, nb::dlpack::dtype dtype);
// (name, dtype, shape), in which None stands for any size.
nb::tuple describe(const minnow_array& array);
// NumPy's view of the model's memory, which keeps `owner` alive.
View view_of(const minnow_array& array, nb::handle owner);

void bind_description(nb::class_<Handle>& handle);
void bind_running(nb::class_<Handle>& handle);

}  // namespace minnow_python
