"""Sizes of tensors are checked before anything is made of them."""

import pytest

from gain_serving.errors import BadRequestError, TooLargeError
from gain_serving.protocol.tensors import count_elements, unpack

LIMIT = 1 << 20


@pytest.mark.parametrize("shape", [[2**62, 4], [0, 2, 2**62], [2**62, 0], [1024, 1025], [2**200]])
def test_what_is_too_large_is_refused(shape):
    with pytest.raises(TooLargeError, match="more than the 1048576 that are allowed"):
        count_elements("image", "UINT8", shape, LIMIT)


@pytest.mark.parametrize(("shape", "count"), [([0, 4, 4, 3], 0), ([], 1), ([1024, 1024], LIMIT)])
def test_what_is_not_is_counted_and_read(shape, count):
    assert count_elements("image", "UINT8", shape, LIMIT) == count
    assert unpack("image", "UINT8", shape, bytes(count), count).data.shape == tuple(shape)


def test_a_negative_size_is_refused():
    with pytest.raises(BadRequestError, match=r"shape \[2, -1\] has a negative size"):
        count_elements("image", "UINT8", [2, -1], LIMIT)
