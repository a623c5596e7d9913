"""Boxes that are wrong, each in one way, for every annotation format that has boxes.

Corners are x0 y0 x1 y1 in pixels, counted from 0 at the edge of an image of 12 x 10.
"""

import json
import re
from collections.abc import Callable, Mapping

import numpy as np
from damaged_pictures import HEIGHT, WIDTH

Corners = list[float]
Change = Callable[[np.random.Generator], Corners]
Damage = Callable[[np.random.Generator, bytes], bytes]

BOX = (2.0, 2.0, 7.0, 9.0)


def _one(random, value):
    corners = [*BOX]
    corners[random.integers(4)] = value
    return corners


def _moved(right, down):
    return [BOX[0] + right, BOX[1] + down, BOX[2] + right, BOX[3] + down]


def _inverted(random):
    x0, y0, x1, y1 = BOX
    return [[x1, y0, x0, y1], [x0, y1, x1, y0], [x1, y1, x0, y0]][random.integers(3)]


def _half_outside(random):
    corners, side = [*BOX], random.integers(4)
    far = random.uniform(1.5, 1000)
    corners[side] = -far if side < 2 else (WIDTH, HEIGHT)[side - 2] + far
    return corners


def _beside(random):
    """Lie as a whole in the pixel that an object may reach beyond its image."""
    x0, y0, x1, y1 = BOX
    sides = (
        [-1, y0, 0, y1],
        [x0, -1, x1, 0],
        [WIDTH, y0, WIDTH + 1, y1],
        [x0, HEIGHT, x1, HEIGHT + 1],
    )
    return sides[random.integers(4)]


def _over_the_edge(random):
    over = random.uniform(0.01, 1, 4)
    return [-over[0], -over[1], WIDTH + over[2], HEIGHT + over[3]]


KINDS: Mapping[str, Change] = {
    "a NaN in a box": lambda r: _one(r, float("nan")),
    "an infinity in a box": lambda r: _one(r, float(r.choice([np.inf, -np.inf]))),
    "a huge box": lambda r: [0, 0, *10 ** r.uniform(3, 300, 2)],
    "a negative box": lambda r: _moved(*-r.uniform(20, 1e6, 2)),
    "a box outside": lambda r: _moved(*r.uniform(20, 1e6, 2)),
    "a box half outside": _half_outside,
    "a box in the pixel beside the image": _beside,
    "an inverted box": _inverted,
    "a box less than a pixel over the edge": _over_the_edge,
}
"""Every one, and what it makes of a box."""


def _in_coco(corners, random, data):
    content = json.loads(data)
    try:
        boxed = [each for each in content["annotations"] if "bbox" in each]
        x0, y0, x1, y1 = corners
        boxed[random.integers(len(boxed))]["bbox"] = [x0, y0, x1 - x0, y1 - y0]
    except (TypeError, KeyError) as error:
        raise ValueError("no box is left") from error
    return json.dumps(content).encode()


def _in_labelme(corners, random, data):
    content = json.loads(data)
    try:
        boxed = [each for each in content["shapes"] if each["shape_type"] == "rectangle"]
        boxed[random.integers(len(boxed))]["points"] = [corners[:2], corners[2:]]
    except (TypeError, KeyError) as error:
        raise ValueError("no box is left") from error
    return json.dumps(content).encode()


def _in_voc(corners, random, data):
    x0, y0, x1, y1 = corners
    text = data.decode()
    # VOC counts pixels from 1 and includes the last.
    for tag, value in {"xmin": x0 + 1, "ymin": y0 + 1, "xmax": x1, "ymax": y1}.items():
        text, found = re.subn(rf"<{tag}>[^<]*</{tag}>", f"<{tag}>{value}</{tag}>", text)
        if not found:
            raise ValueError("no box is left")
    return text.encode()


def _damage(change, write) -> Damage:
    return lambda random, data: write([float(value) for value in change(random)], random, data)


BOXES: Mapping[str, Mapping[str, Damage]] = {
    layout: {kind: _damage(change, write) for kind, change in KINDS.items()}
    for layout, write in {"coco": _in_coco, "labelme": _in_labelme, "voc": _in_voc}.items()
}
"""Damage to a random box of a file by layout and kind; ValueError where no box is left."""
