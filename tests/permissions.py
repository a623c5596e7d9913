"""Permissions that bite even where the tests run as root."""

import contextlib
import ctypes
import os
import stat
import sys

import pytest

_VERSION = 0x20080522
_OVERRIDES = (1 << 1) | (1 << 2)
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, by which root reads and writes everything."""


@contextlib.contextmanager
def denied(path, kept):
    """Only the bits `kept` of a path's permissions hold, for this thread, root or not."""
    before = stat.S_IMODE(path.stat().st_mode)
    path.chmod(kept)
    try:
        with _like_everybody():
            yield
    finally:
        path.chmod(before)


@contextlib.contextmanager
def _like_everybody():
    """Take root's exemption from permissions away from this thread (Linux)."""
    if os.geteuid() != 0:
        yield
        return
    if sys.platform != "linux":
        pytest.skip("root has no capabilities here that could be laid down")
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION, 0)
    # Twice effective, permitted and inheritable: the low and the high 32 bits of each.
    held = (ctypes.c_uint32 * 6)()
    assert libc.capget(header, held) == 0, os.strerror(ctypes.get_errno())
    effective = held[0]
    held[0] = effective & ~_OVERRIDES
    assert libc.capset(header, held) == 0, os.strerror(ctypes.get_errno())
    try:
        yield
    finally:
        held[0] = effective
        assert libc.capset(header, held) == 0, os.strerror(ctypes.get_errno())
