"""What hostile files can do: nothing but be refused."""

from __future__ import annotations

import builtins
import os
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any, Callable, Tuple

import numpy as np
import pytest
from torch_files import saved_array, write_torch_file

from attribution_bench.convert.restricted_pickle import read_pickle
from attribution_bench.convert.torch_file import read_torch_array, read_torch_file
from attribution_bench.errors import BenchError

ARRAYS = [
    np.arange(12, dtype=np.float32).reshape(3, 4),
    np.asfortranarray(np.arange(12, dtype=np.int8).reshape(3, 4)),
    np.array([[True, False]]),
    np.arange(3, dtype=">i4"),
    np.float64([1.5]),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype.str}{array.shape}")
@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_arrays_are_read_as_pickle_reads_them(array: np.ndarray, protocol: int) -> None:
    data = pickle.dumps(array, protocol=protocol)
    read = read_pickle(data, "here")
    assert read.dtype == array.dtype and read.shape == array.shape
    np.testing.assert_array_equal(read, pickle.loads(data))


def test_lists_and_dictionaries_of_arrays_are_read() -> None:
    value = {"a": [np.arange(3), (1, 2.5, "text", None, True)], "b": np.ones((2, 2))}
    read = read_pickle(pickle.dumps(value, protocol=2), "here")
    np.testing.assert_array_equal(read["a"][0], value["a"][0])
    assert read["a"][1] == value["a"][1]
    np.testing.assert_array_equal(read["b"], value["b"])


class Calls:
    """Pickles as a call of a function."""

    def __init__(self, function: Callable[..., Any], *args: Any) -> None:
        self._reduced = (function, args)

    def __reduce__(self) -> Tuple[Callable[..., Any], Tuple[Any, ...]]:
        return self._reduced


class Built:
    """Pickles as a call and then a state that is set on what it gave."""

    def __init__(self, *reduced: Any) -> None:
        self._reduced = reduced

    def __reduce__(self) -> Any:
        return self._reduced


def globally(module: str, name: str, rest: bytes = b".") -> bytes:
    return b"\x80\x02c" + f"{module}\n{name}\n".encode() + rest


def short(text: str) -> bytes:
    return b"\x8c" + bytes([len(text)]) + text.encode()


def _forged(shape: Tuple[int, ...], data: bytes) -> bytes:
    dtype = np.dtype("<f8")
    reconstruct = np.zeros(0).__reduce__()[0]
    return pickle.dumps(Built(reconstruct, (np.ndarray, (0,), b"b"), (1, shape, dtype, False, data)), protocol=4)


LAUGHS = b"\x80\x02]q\x00(K\x01K\x01e" + b"".join(
    b"]" + b"q" + bytes([level]) + b"(" + (b"h" + bytes([level - 1])) * 10 + b"e" for level in range(1, 15)
)
SAME_BYTES = (
    b"\x80\x02]q\x00(c_codecs\nencode\nq\x01X" + struct.pack("<I", 100_000) + b"a" * 100_000 + b"q\x02X\x06\x00\x00\x00latin1q\x03"
    + b"h\x02h\x03\x86q\x04" + b"h\x01h\x04R" * 50 + b"e."
)

MARKER = "attribution-bench-was-here"
HOSTILE = {
    "os.system": pickle.dumps(Calls(os.system, f"touch {MARKER}"), protocol=2),
    "os.system of protocol 4": pickle.dumps(Calls(os.system, f"touch {MARKER}"), protocol=4),
    "eval": pickle.dumps(Calls(builtins.eval, f"open({MARKER!r}, 'w')"), protocol=2),
    "exec": pickle.dumps(Calls(builtins.exec, f"open({MARKER!r}, 'w')"), protocol=4),
    "getattr": pickle.dumps(Calls(builtins.getattr, np.ndarray, "tofile"), protocol=2),
    "an attribute by a dotted name": b"\x80\x04" + short("numpy") + short("ndarray.tofile") + b"\x93.",
    "a module's module": b"\x80\x04" + short("numpy.core.multiarray") + short("_reconstruct.__globals__") + b"\x93.",
    "numpy.load": globally("numpy", "load"),
    "numpy.core.multiarray.fromfile": globally("numpy.core.multiarray", "fromfile"),
    "torch.load": globally("torch", "load"),
    "a codec that unpacks": pickle.dumps(Calls(__import__("_codecs").encode, "text", "zip"), protocol=2),
    "an array of objects": pickle.dumps(np.array([Calls(os.system, f"touch {MARKER}")], dtype=object), protocol=2),
    "an array of text": pickle.dumps(np.array(["a"]), protocol=2),
    "a structured array": pickle.dumps(np.zeros(2, dtype=[("a", "f4")]), protocol=2),
    "a subclass of the array": pickle.dumps(np.ma.masked_array([1.0], mask=[0]), protocol=2),
    "the state of a function": globally("_codecs", "encode", b"}X\x01\x00\x00\x00aK\x01sb."),
    "the slots of a function": globally("_codecs", "encode", b"N}X\x05\x00\x00\x00_callK\x01s\x86b."),
    "the state of a storage type": globally("torch", "FloatStorage", b"}X\x05\x00\x00\x00dtypeK\x01sb."),
    "a function as the result": globally("_codecs", "encode"),
    "an instance": b"\x80\x02(ios\nsystem\n.",
    "an object": b"\x80\x02(cos\nsystem\no.",
    "a new object": globally("numpy", "ndarray", b")\x81."),
    "an extension": b"\x80\x02\x82\x01.",
    "a persistent id": b"\x80\x02X\x01\x00\x00\x00aQ.",
    "a shape of terabytes": _forged((2**40,), b""),
    "a shape that overflows": _forged((2**62, 4), b""),
    "a negative shape": _forged((-1,), b"\0" * 8),
    "bytes that the file does not have": b"\x80\x04\x8e" + struct.pack("<Q", 2**40) + b"abc.",
    "a frame that the file does not have": b"\x80\x04\x95" + struct.pack("<Q", 2**62) + b"N.",
    "a place in a table of gigabytes": b"\x80\x02Nr" + struct.pack("<I", 2**32 - 1) + b".",
    "a number of millions of digits": b"\x80\x02L" + b"9" * 4_000_000 + b"L\n.",
    "lists that hold each other tenfold": LAUGHS + b".",
    "the same bytes again and again": SAME_BYTES,
    "a list that holds itself": b"\x80\x02]q\x00h\x00a.",
    "nested a hundred thousand times": b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b".",
    "too many instructions": b"\x80\x02" + b"N0" * 120_000 + b"N.",
    "a key that is an array": b"\x80\x02}(K\x01K\x02\x86K\x03u.",
    "nothing": b"",
    "no end": b"\x80\x02N",
    "no pickle": b"PK\x03\x04",
    "an empty stack": b"\x80\x02.",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pickles_are_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = write_torch_file(tmp_path / "hostile.pt", HOSTILE[name])
    with pytest.raises(BenchError) as raised:
        read_torch_file(path)
    assert raised.value.code == "PICKLE_REFUSED"
    assert str(path) in str(raised.value) and "\n" not in str(raised.value)
    assert os.listdir(tmp_path) == ["hostile.pt"]


def test_refusals_say_what_was_asked_for(tmp_path: Path) -> None:
    path = write_torch_file(tmp_path / "hostile.pt", HOSTILE["os.system"])
    with pytest.raises(BenchError, match=r"it names (posix|nt)\.system, which arrays have no need of"):
        read_torch_file(path)


def tensor_pickle(size: Tuple[int, ...], stride: Tuple[int, ...], offset: int = 0, count: int = 6) -> bytes:
    """As ``torch.save`` pickles a tensor of float32 numbers."""

    def number(value: int) -> bytes:
        return b"\x8a\x08" + struct.pack("<q", value)

    def several(values: Tuple[int, ...]) -> bytes:
        return b"(" + b"".join(number(value) for value in values) + b"t"

    def text(value: str) -> bytes:
        return b"X" + struct.pack("<I", len(value)) + value.encode()

    storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text("0") + text("cpu") + number(count) + b"tQ"
    hooks = b"ccollections\nOrderedDict\n)R"
    return b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(" + storage + number(offset) + several(size) + several(stride) + b"\x89" + hooks + b"tR."


def storage_of(count: int = 6) -> bytes:
    return np.arange(count, dtype="<f4").tobytes()


def test_tensors_are_read_as_they_lie_in_their_storage(tmp_path: Path) -> None:
    path = write_torch_file(tmp_path / "tensor.pt", tensor_pickle((2, 3), (3, 1)), {"0": storage_of()})
    np.testing.assert_array_equal(read_torch_array(path), np.arange(6, dtype=np.float32).reshape(2, 3))
    path = write_torch_file(tmp_path / "turned.pt", tensor_pickle((2, 2), (1, 3), offset=1), {"0": storage_of()})
    np.testing.assert_array_equal(read_torch_array(path), [[1, 4], [2, 5]])


@pytest.mark.parametrize(
    "pickled, storages",
    [
        (tensor_pickle((2**40,), (0,)), {"0": storage_of()}),
        (tensor_pickle((2, 3), (30, 1)), {"0": storage_of()}),
        (tensor_pickle((2, 3), (3, 1), offset=1), {"0": storage_of()}),
        (tensor_pickle((2, 3), (3, -1)), {"0": storage_of()}),
        (tensor_pickle((2, 3), (3,)), {"0": storage_of()}),
        (tensor_pickle((2, 3), (3, 1), count=2**40), {"0": storage_of()}),
        (tensor_pickle((2, 3), (3, 1)), {"0": storage_of(5)}),
        (tensor_pickle((2, 3), (3, 1)), {"1": storage_of()}),
    ],
    ids=["stride 0", "beyond the end", "offset", "negative stride", "axes", "count", "short storage", "no storage"],
)
def test_tensors_beyond_their_storage_are_refused(pickled: bytes, storages: "dict[str, bytes]", tmp_path: Path) -> None:
    path = write_torch_file(tmp_path / "tensor.pt", pickled, storages)
    with pytest.raises(BenchError) as raised:
        read_torch_array(path)
    assert raised.value.code == "PICKLE_REFUSED"


def test_compressed_archives_are_refused(tmp_path: Path) -> None:
    bomb = pickle.dumps(np.zeros(1_000_000), protocol=2)
    path = write_torch_file(tmp_path / "bomb.pt", bomb, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(BenchError, match="compressed member"):
        read_torch_file(path)


@pytest.mark.parametrize("content", [b"", b"not a zip", pickle.dumps(np.zeros(2))], ids=["empty", "text", "a bare pickle"])
def test_other_files_are_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "other.pt"
    path.write_bytes(content)
    with pytest.raises(BenchError) as raised:
        read_torch_file(path)
    assert raised.value.code == "TORCH_FILE"


def test_what_pytorch_saves_is_read(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    values = {"a": torch.arange(6.0).reshape(2, 3).t(), "b": [torch.tensor([True, False]), torch.arange(3)[1:]], "c": np.ones((2, 2))}
    torch.save(values, tmp_path / "values.pt")
    read = read_torch_file(tmp_path / "values.pt")
    np.testing.assert_array_equal(read["a"], values["a"].numpy())
    np.testing.assert_array_equal(read["b"][0], [True, False])
    np.testing.assert_array_equal(read["b"][1], [1, 2])
    np.testing.assert_array_equal(read["c"], values["c"])


def test_an_array_is_what_is_asked_for(tmp_path: Path) -> None:
    assert read_torch_array(saved_array(tmp_path / "array.pt", np.eye(2))).tolist() == [[1, 0], [0, 1]]
    with pytest.raises(BenchError, match="holds a list and not an array"):
        read_torch_array(saved_array(tmp_path / "list.pt", [np.eye(2)]))
