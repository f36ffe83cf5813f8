"""Arrays of the caller's as the library takes them: of its types, row-major, on the CPU. What is so already is not copied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Optional, Union

from .errors import UsageError

if TYPE_CHECKING:
    import numpy as np

# A NumPy array, what speaks DLPack (PyTorch, JAX, CuPy on the CPU), or nested lists.
ArrayLike = Any
# One array, or several by name.
Fed = Union[ArrayLike, Mapping[str, ArrayLike]]
Named = list[tuple[Optional[str], "np.ndarray[Any, Any]"]]


class Slot(NamedTuple):
    """An input, target or output of a model; `shape` has None for any number of examples."""

    name: str
    dtype: str
    shape: tuple[int | None, ...]

    def __str__(self) -> str:
        return f"{self.name}: {self.dtype} [{', '.join('N' if n is None else str(n) for n in self.shape)}]"


def as_array(value: ArrayLike, slot: Slot) -> np.ndarray[Any, Any]:
    """The value as a NumPy array of the slot's type; bytes stay bytes where numbers are asked for."""
    import numpy as np

    if not isinstance(value, np.ndarray):
        speaks_dlpack = hasattr(value, "__dlpack__") and not getattr(value, "requires_grad", False)
        value = np.from_dlpack(value) if speaks_dlpack else np.asarray(value)
    if value.dtype == slot.dtype or (value.dtype == np.uint8 and slot.dtype == "float32"):
        return np.ascontiguousarray(value) if value.ndim else value
    is_whole = np.issubdtype(value.dtype, np.integer) or value.dtype == np.bool_
    if slot.dtype == "float32" and (is_whole or np.issubdtype(value.dtype, np.floating)):
        return np.ascontiguousarray(value, np.float32)
    if slot.dtype == "int32" and is_whole:
        if value.size and (value.min() < -(2**31) or value.max() >= 2**31):
            raise UsageError("has numbers beyond 32 bits", slot.name)
        return np.ascontiguousarray(value, np.int32)
    hint = ""
    if slot.dtype == "uint8":
        hint = "the model's data are pictures of bytes, 0 to 255, which it divides itself"
    raise UsageError(f"is of {value.dtype}, but the model takes {slot.dtype}", slot.name, hint)


def named_arrays(value: Fed, slots: Sequence[Slot], what: str) -> Named:
    """An array for each slot, in their order, or by name."""
    if isinstance(value, Mapping):
        known = {slot.name: slot for slot in slots}
        for name in value:
            if name not in known:
                raise UsageError(f"the model has no {what} of this name", name, f"it has {', '.join(known)}")
        return [(name, as_array(array, known[name])) for name, array in value.items()]
    if len(slots) != 1:
        names = ", ".join(slot.name for slot in slots)
        raise UsageError(f"the model has {len(slots)} {what}s", "", f"hand over a dict of {names}")
    return [(slots[0].name, as_array(value, slots[0]))]
