"""Saved models with damage, one a seed: stored or deflated, then one thing wrong."""

import io
import json
import zipfile

import numpy as np

MEMBERS = ("config.json", "metadata.json", "model.weights.h5")
"""What a `.keras` file consists of."""

OTHER = (None, True, 3, -1, 0.5, "", "x", [], [1], {}, {"x": 1})
"""Values of every type."""


def damaged_model(content, seed):
    """Damage a saved model.

    Args:
        content: of the file.
        seed: any; the same gives the same.

    Returns:
        The content of the damaged file, and what is wrong with it, in words.
    """
    random = np.random.default_rng(seed)
    deflated = bool(seed % 2)
    members = _members(content)
    ways = (_cut, _flipped, _member_flipped, _member_missing, _config_changed, _config_changed)
    way = ways[seed // 2 % len(ways)]
    made, done = way(members, random, zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED)
    return made, f"{'deflated' if deflated else 'stored'}: {done}"


def _members(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _packed(members, method):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def _cut(members, random, method):
    content = _packed(members, method)
    end = int(random.integers(len(content)))
    return content[:end], f"cut off at {end}"


def _flip(content, start, end, random):
    changed = bytearray(content)
    places = random.integers(start, end, random.integers(1, 9))
    for place in places:
        changed[place] ^= int(random.integers(1, 256))
    return bytes(changed), f"bytes {places.tolist()}"


def _flipped(members, random, method):
    """Bytes of one member as they lie in the file: what a disk does."""
    content = _packed(members, method)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        member = archive.getinfo(MEMBERS[random.integers(len(MEMBERS))])
    start = member.header_offset
    end = start + 30 + len(member.filename) + member.compress_size
    made, done = _flip(content, start, end, random)
    return made, f"{done} of the file, in {member.filename}"


def _member_flipped(members, random, method):
    """Bytes of one member under a right checksum: what a person or a program does."""
    name = MEMBERS[random.integers(len(MEMBERS))]
    made, done = _flip(members[name], 0, len(members[name]), random)
    return _packed({**members, name: made}, method), f"{done} of {name}"


def _member_missing(members, random, method):
    gone = MEMBERS[random.integers(len(MEMBERS))]
    left = {name: content for name, content in members.items() if name != gone}
    return _packed(left, method), f"{gone} missing"


def _config_changed(members, random, method):
    config = json.loads(members["config.json"])
    places = list(_places(config, ()))
    *way, last = places[random.integers(len(places))]
    inner = config
    for key in way:
        inner = inner[key]
    stood = inner[last]
    inner[last] = next(OTHER[i] for i in random.permutation(len(OTHER)) if OTHER[i] != stood)
    changed = {**members, "config.json": json.dumps(config).encode()}
    return _packed(changed, method), f"config.json: {[*way, last]} is {inner[last]!r}"


def _places(value, way):
    held = value if isinstance(value, dict | list) else ()
    for key in held if isinstance(held, dict) else range(len(held)):
        yield (*way, key)
        yield from _places(value[key], (*way, key))
