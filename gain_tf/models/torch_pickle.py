"""Reads a state dict of the pre-1.6 PyTorch file format into NumPy arrays; executes nothing.

The format is four pickles one after the other (a magic number, a protocol version, the sizes of
the writer's integers, the state dict), a fifth with the keys of the storages, then each storage
as an 8-byte count and its raw elements. A pickle may name any function of any module and have it
called; the reader here admits a fixed list of names and answers each with a stand-in of its own.
"""

from __future__ import annotations

import math
import pickle
import struct
from collections import OrderedDict
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_STORAGES: Mapping[str, str] = {
    "BoolStorage": "?",
    "ByteStorage": "<u1",
    "CharStorage": "<i1",
    "ShortStorage": "<i2",
    "IntStorage": "<i4",
    "LongStorage": "<i8",
    "HalfStorage": "<f2",
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
}


class _Storage(NamedTuple):
    key: str
    dtype: str
    elements: int


class _Tensor(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


def read_state_dict(path: str | PathLike[str]) -> dict[str, np.ndarray]:
    """Names and arrays of a state dict saved by `torch.save` before PyTorch 1.6.

    Args:
        path: the `.pth` file.

    Returns:
        A new, writable array per tensor, in the file's order.

    Raises:
        pickle.UnpicklingError: the file is not of this format, is damaged, holds something other
            than a flat dictionary of tensors, or names a global outside the allow-list.
        OSError: the file cannot be read.
    """
    with Path(path).open("rb") as file:
        try:
            return _read(file)
        except (AttributeError, EOFError, LookupError, OverflowError, TypeError, ValueError) as e:
            raise pickle.UnpicklingError(f"{path} is damaged or no PyTorch state dict: {e}") from e


def _read(file: BinaryIO) -> dict[str, np.ndarray]:
    if file.read(2) == b"PK":
        raise pickle.UnpicklingError(
            f"{file.name} is in the zip format of PyTorch 1.6 and newer; save it with"
            " torch.save(..., _use_new_zipfile_serialization=False)"
        )
    file.seek(0)
    if _Unpickler(file).load() != _MAGIC or _Unpickler(file).load() != _PROTOCOL:
        raise pickle.UnpicklingError(f"{file.name} is no PyTorch file of the pre-1.6 format")
    if not _Unpickler(file).load()["little_endian"]:
        raise pickle.UnpicklingError(f"{file.name} was written on a big-endian machine")
    contents = _Unpickler(file)
    records = contents.load()
    keys = _Unpickler(file).load()
    buffers = {key: _read_storage(file, contents.storages[key]) for key in keys}
    if not isinstance(records, dict):
        raise pickle.UnpicklingError(f"{file.name} holds {type(records).__name__}, no state dict")
    return {str(name): _array(name, record, buffers) for name, record in records.items()}


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        if (module_name, global_name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module_name == "torch" and global_name in _STORAGES:
            return _STORAGES[global_name]
        if (module_name, global_name) == ("torch._utils", "_rebuild_tensor_v2"):
            # A function made anew for each file: a pickle may set attributes on what it names.
            def rebuild(storage: Any, offset: Any, shape: Any, stride: Any, *_rest: Any) -> _Tensor:
                return _Tensor(storage, offset, shape, stride)

            return rebuild
        raise pickle.UnpicklingError(
            f"refused: the file asks for {module_name}.{global_name}, which a state dict does"
            " not need"
        )

    def persistent_load(self, pid: Any) -> _Storage:
        kind, dtype, key, _location, elements, view = pid
        if kind != "storage" or dtype not in _STORAGES.values() or view is not None:
            raise pickle.UnpicklingError(f"refused: unknown persistent object {pid!r}")
        storage = _Storage(str(key), dtype, int(elements))
        return self.storages.setdefault(storage.key, storage)


def _read_storage(file: BinaryIO, storage: _Storage) -> np.ndarray:
    (elements,) = struct.unpack("<q", file.read(8).ljust(8, b"\xff"))
    if elements != storage.elements:
        raise pickle.UnpicklingError(f"storage {storage.key} is missing or of another size")
    remaining = Path(file.name).stat().st_size - file.tell()
    wanted = elements * np.dtype(storage.dtype).itemsize
    if not 0 <= wanted <= remaining:
        raise pickle.UnpicklingError(f"{file.name} ends in the middle of storage {storage.key}")
    return np.frombuffer(file.read(wanted), storage.dtype)


def _array(name: Any, record: Any, buffers: Mapping[str, np.ndarray]) -> np.ndarray:
    if not isinstance(record, _Tensor) or not isinstance(record.storage, _Storage):
        raise pickle.UnpicklingError(f"{name!r} is {type(record).__name__}, no tensor")
    flat = buffers[record.storage.key]
    shape = tuple(int(size) for size in record.shape)
    stride = tuple(int(step) for step in record.stride)
    offset = int(record.offset)
    if len(shape) != len(stride) or min((offset, *shape, *stride)) < 0:
        raise pickle.UnpicklingError(f"{name!r} has shape {shape}, stride {stride}")
    if math.prod(shape) == 0:
        return np.zeros(shape, flat.dtype)
    # as_strided trusts its caller: a view past the storage would read foreign memory, and one
    # that repeats elements could ask for any amount of it.
    last = offset + sum((size - 1) * step for size, step in zip(shape, stride, strict=True))
    if last >= flat.size or math.prod(shape) > flat.size:
        raise pickle.UnpicklingError(f"{name!r} reaches past the end of its storage")
    byte_stride = tuple(step * flat.itemsize for step in stride)
    return np.lib.stride_tricks.as_strided(flat[offset:], shape, byte_stride).copy()
