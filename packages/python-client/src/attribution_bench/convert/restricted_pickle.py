"""Reads pickles of numbers without letting them run anything.

A pickle is a program: ``pickle.load`` calls whatever functions it names. Here its instructions are read through first, and
only those are let through that build numbers, text, lists and dictionaries, or call one of the names in ``_NAMES``. Those
names never resolve to the real functions but to stand-ins of this module, which check their arguments and do nothing else.
"""

from __future__ import annotations

import io
import pickle
import pickletools
from math import prod
from typing import Any, Callable, Dict, Mapping, Optional

import numpy as np

from ..errors import BenchError

#: What a persistent id stands for: bytes of a storage, by its key.
Storages = Callable[[str, int], bytes]

_MAX_INSTRUCTIONS = 200_000
_MAX_AXES = 8

_INSTRUCTIONS = frozenset(
    "PROTO FRAME STOP MARK POP POP_MARK GLOBAL STACK_GLOBAL REDUCE BUILD BINPERSID "
    "BINGET LONG_BINGET BINPUT LONG_BINPUT MEMOIZE "
    "NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 BINFLOAT "
    "BINUNICODE SHORT_BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES BINBYTES8 "
    "EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 EMPTY_LIST APPEND APPENDS LIST EMPTY_DICT SETITEM SETITEMS DICT".split()
)


class _Refused(Exception):
    """Why a pickle is not read."""


class _Budget:
    """Bytes and objects that may still be made: a short pickle can ask for the same bytes again and again."""

    def __init__(self, left: int) -> None:
        self._left = left

    def take(self, amount: int) -> None:
        self._left -= amount
        if self._left < 0:
            raise _Refused("it unfolds to much more than the file holds")


def read_pickle(data: bytes, place: str, storages: Optional[Storages] = None, file_bytes: int = 0) -> Any:
    """What a pickle of arrays, numbers, text, lists, tuples and dictionaries holds; arrays and tensors as ``np.ndarray``.

    ``storages``: the bytes of a PyTorch storage, for pickles inside of ``.pt`` files of ``file_bytes``.
    Raises BenchError PICKLE_REFUSED for everything else, before it could have any effect.
    """
    try:
        _check_instructions(data)
        # Bytes are made once when they are decoded or read, and once more when a tensor is cut out of them.
        budget = _Budget(4 * max(len(data), file_bytes))
        return _plain(_Restricted(data, storages, budget).load(), _Budget(_MAX_INSTRUCTIONS), depth=0)
    except _Refused as refused:
        raise _refusal(str(refused), place) from None
    except (pickle.UnpicklingError, ValueError, TypeError, AttributeError, IndexError, KeyError, EOFError, OverflowError, MemoryError) as error:
        raise _refusal(f"it cannot be read ({error})", place) from error


def _refusal(reason: str, place: str) -> BenchError:
    return BenchError("PICKLE_REFUSED", f"is not read: {reason}", place=place, next="convert only files of arrays, from where they were published")


def _check_instructions(data: bytes) -> None:
    """Reads a pickle's instructions without following them."""
    count = 0
    for instruction, argument, _ in pickletools.genops(data):
        count += 1
        if count > _MAX_INSTRUCTIONS:
            raise _Refused(f"it has more than {_MAX_INSTRUCTIONS} instructions")
        if instruction.name not in _INSTRUCTIONS:
            raise _Refused(f"it holds the instruction {instruction.name}, which arrays have no need of")
        # The reader would allocate a table up to this index.
        if instruction.name in ("BINPUT", "LONG_BINPUT") and argument > count:
            raise _Refused(f"it numbers an object {argument} of at most {count}")
        if instruction.name == "GLOBAL" and argument not in _NAMES:
            raise _Refused(f"it names {argument.replace(' ', '.')}, which arrays have no need of")


class _Restricted(pickle.Unpickler):
    def __init__(self, data: bytes, storages: Optional[Storages], budget: _Budget) -> None:
        super().__init__(io.BytesIO(data))
        self._storages, self._budget = storages, budget

    def find_class(self, module: str, name: str) -> Any:
        known = _NAMES.get(f"{module} {name}")
        if known is None:
            raise _Refused(f"it names {module}.{name}, which arrays have no need of")
        return _Call(known, self._budget) if callable(known) else known

    def persistent_load(self, pid: Any) -> "_Storage":
        if self._storages is None or not isinstance(pid, tuple) or len(pid) != 5 or pid[0] != "storage":
            raise _Refused("it refers to something outside of it")
        _, dtype, key, _device, count = pid
        if not isinstance(dtype, _StorageType) or not isinstance(key, str) or not _is_count(count):
            raise _Refused("it refers to a storage in no known form")
        size = count * dtype.dtype.itemsize
        self._budget.take(size)
        stored = self._storages(key, size)
        if len(stored) != size:
            raise _Refused(f"the storage {key} has {len(stored)} bytes instead of {size}")
        return _Storage(np.frombuffer(stored, dtype=dtype.dtype))


class _StandIn:
    """Something that a pickle may name. What it can be told to do is what its class defines, and nothing is kept in it."""

    __slots__ = ()

    def __setstate__(self, state: Any) -> None:
        raise _Refused("it changes something that is not its own")


class _Call(_StandIn):
    """A stand-in for a function."""

    __slots__ = ("_call", "_budget")

    def __init__(self, call: Callable[..., Any], budget: _Budget) -> None:
        object.__setattr__(self, "_call", call)
        object.__setattr__(self, "_budget", budget)

    def __setattr__(self, name: str, value: Any) -> None:
        raise _Refused("it changes something that is not its own")

    def __call__(self, *args: Any) -> Any:
        made = self._call(*args)
        self._budget.take(made.nbytes if isinstance(made, np.ndarray) else len(made) if isinstance(made, bytes) else 1)
        return made


class _StorageType(_StandIn):
    """A stand-in for ``torch.FloatStorage`` and its like."""

    __slots__ = ("dtype",)

    def __init__(self, code: str) -> None:
        object.__setattr__(self, "dtype", np.dtype(code))

    def __setattr__(self, name: str, value: Any) -> None:
        raise _Refused("it changes something that is not its own")


class _Storage:
    """Numbers of a tensor, flat."""

    __slots__ = ("numbers",)

    def __init__(self, flat: np.ndarray) -> None:
        self.numbers = flat

    def __setstate__(self, state: Any) -> None:
        raise _Refused("it changes a storage")


class _Dtype:
    """A type of numbers, whose byte order comes after it."""

    __slots__ = ("dtype",)

    def __init__(self, dtype: np.dtype) -> None:
        self.dtype = dtype

    def __setstate__(self, state: Any) -> None:
        plain = isinstance(state, tuple) and len(state) in (8, 9) and state[0] in (3, 4)
        if not plain or state[1] not in ("<", ">", "|", "=") or any(part is not None for part in state[2:5]):
            raise _Refused("it describes a type that is not of plain numbers")
        if state[1] in "<>":
            self.dtype = self.dtype.newbyteorder(state[1])


class _Array:
    """An array, empty until its state comes."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: Optional[np.ndarray] = None

    def __setstate__(self, state: Any) -> None:
        if not isinstance(state, tuple) or len(state) != 5 or self.value is not None:
            raise _Refused("it has an array in no known form")
        _version, shape, dtype, fortran, data = state
        if not _is_shape(shape) or not isinstance(dtype, _Dtype) or not isinstance(data, bytes) or not isinstance(fortran, bool):
            raise _Refused("it has an array in no known form")
        if prod(shape) * dtype.dtype.itemsize != len(data):
            raise _Refused(f"it has an array {list(shape)} of {len(data)} bytes")
        self.value = np.frombuffer(data, dtype=dtype.dtype).reshape(shape, order="F" if fortran else "C")


def _reconstruct(kind: Any, shape: Any, _typecode: Any) -> _Array:
    if kind is not _NDARRAY or shape != (0,):
        raise _Refused("it has an array in no known form")
    return _Array()


def _dtype(code: Any, _align: Any = False, _copy: Any = False) -> _Dtype:
    if not isinstance(code, str) or code not in ("b1", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"):
        raise _Refused(f"it has an array of the type {str(code)[:20]!r}, which is not of plain numbers")
    return _Dtype(np.dtype(code))


def _encode(text: Any, encoding: Any) -> bytes:
    # How pickles of protocol 2 write bytes.
    if not isinstance(text, str) or encoding != "latin1":
        raise _Refused("it has bytes in no known form")
    return text.encode("latin1")


def _tensor(storage: Any, offset: Any, size: Any, stride: Any, _requires_grad: Any = False, _hooks: Any = None, _metadata: Any = None) -> np.ndarray:
    known = isinstance(storage, _Storage) and _is_count(offset) and _is_shape(size) and _is_shape(stride)
    if not known or len(size) != len(stride):
        raise _Refused("it has a tensor in no known form")
    flat = storage.numbers
    last = offset + sum((length - 1) * step for length, step in zip(size, stride))
    # A stride of 0 would make a tensor of any size out of one number.
    if prod(size) > len(flat) or (prod(size) > 0 and last >= len(flat)):
        raise _Refused(f"it has a tensor {list(size)} of a storage of {len(flat)} numbers")
    if prod(size) == 0:
        return np.zeros(size, dtype=flat.dtype)
    strides = tuple(step * flat.itemsize for step in stride)
    return np.ndarray(size, flat.dtype, flat, offset * flat.itemsize, strides).copy()


def _empty_dictionary(*args: Any) -> Dict[Any, Any]:
    if args:
        raise _Refused("it has a dictionary in no known form")
    return {}


_NDARRAY = _StandIn()
_NAMES: Mapping[str, Any] = {
    "numpy ndarray": _NDARRAY,
    "numpy dtype": _dtype,
    "numpy.core.multiarray _reconstruct": _reconstruct,
    "numpy._core.multiarray _reconstruct": _reconstruct,
    "_codecs encode": _encode,
    "collections OrderedDict": _empty_dictionary,
    "torch._utils _rebuild_tensor_v2": _tensor,
    **{
        f"torch {name}Storage": _StorageType(code)
        for name, code in {
            "Double": "<f8",
            "Float": "<f4",
            "Half": "<f2",
            "Long": "<i8",
            "Int": "<i4",
            "Short": "<i2",
            "Char": "<i1",
            "Byte": "<u1",
            "Bool": "?",
        }.items()
    },
}


def _plain(value: Any, budget: _Budget, depth: int) -> Any:
    """What was read with arrays in place of stand-ins."""
    if depth > 16:
        raise _Refused("it is nested too deeply")
    budget.take(1)
    if isinstance(value, _Array):
        if value.value is None:
            raise _Refused("it has an array without numbers")
        return value.value
    if isinstance(value, (list, tuple)):
        return type(value)(_plain(item, budget, depth + 1) for item in value)
    if isinstance(value, dict):
        return {_key(key): _plain(item, budget, depth + 1) for key, item in value.items()}
    if value is None or isinstance(value, (bool, int, float, str, bytes, np.ndarray)):
        return value
    raise _Refused("it holds something that is neither a number nor an array")


def _key(key: Any) -> Any:
    if isinstance(key, (str, int)):
        return key
    raise _Refused("it has a dictionary in no known form")


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**48


def _is_shape(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) <= _MAX_AXES and all(_is_count(item) for item in value)
