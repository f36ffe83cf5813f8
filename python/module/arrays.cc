#include <nanobind/stl/string.h>

#include <algorithm>

#include "python/module/handle.h"

namespace minnow_python {
namespace {

const char* name_of(minnow_dtype dtype) {
  switch (dtype) {
    case MINNOW_F32: return "float32";
    case MINNOW_I32: return "int32";
    case MINNOW_U8: return "uint8";
  }
  return "";
}

nb::dlpack::dtype dlpack_type(minnow_dtype dtype) {
  switch (dtype) {
    case MINNOW_I32: return nb::dtype<int32_t>();
    case MINNOW_U8: return nb::dtype<uint8_t>();
    case MINNOW_F32: break;
  }
  return nb::dtype<float>();
}

minnow_dtype dtype_of(nb::dlpack::dtype dtype) {
  for (const minnow_dtype known : {MINNOW_F32, MINNOW_I32, MINNOW_U8})
    if (dtype == dlpack_type(known)) return known;
  throw nb::type_error("arrays are of float32, int32 or uint8");
}

}  // namespace

void check(minnow_status status) {
  if (status == MINNOW_OK) return;
  nb::module_::import_("minnow.errors")
      .attr("raise_status")(static_cast<int>(status), minnow_error_message(), minnow_error_place(),
                            minnow_error_hint());
}

minnow_array array_of(void* data, size_t rank, const int64_t* shape, nb::dlpack::dtype dtype) {
  if (rank > MINNOW_MAX_RANK) throw nb::value_error("arrays have at most 8 dimensions");
  minnow_array array{};
  array.dtype = dtype_of(dtype);
  array.rank = static_cast<int>(rank);
  std::copy_n(shape, rank, array.shape);
  array.data = data;
  return array;
}

ArrayList::ArrayList(const Arrays& arrays) {
  names_.reserve(arrays.size());
  for (const auto& [name, array] : arrays) {
    list_.push_back(array_of(const_cast<void*>(array.data()), array.ndim(), array.shape_ptr(), array.dtype()));
    if (name.is_none()) continue;
    names_.push_back(nb::cast<std::string>(name));
    list_.back().name = names_.back().c_str();
  }
}

nb::tuple describe(const minnow_array& array) {
  nb::list shape;
  for (int i = 0; i < array.rank; ++i)
    shape.append(array.shape[i] == MINNOW_ANY_SIZE ? nb::none() : nb::object(nb::int_(array.shape[i])));
  return nb::make_tuple(array.name, name_of(array.dtype), nb::tuple(shape));
}

View view_of(const minnow_array& array, nb::handle owner) {
  size_t shape[MINNOW_MAX_RANK];
  std::transform(array.shape, array.shape + array.rank, shape, [](int64_t size) { return static_cast<size_t>(size); });
  return View(array.data, static_cast<size_t>(array.rank), shape, owner, nullptr, dlpack_type(array.dtype));
}

}  // namespace minnow_python
