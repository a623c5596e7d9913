"""Annotation files and tables as people, tools and failing disks leave them: seeded."""

import copy
import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

NAMES = ("cat", "dög")
"""Of the classes."""

Damage = Callable[[np.random.Generator, bytes], bytes]

# What is right.


def coco(images):
    """Return COCO's JSON of images, `(name, class number)` each, of 12 x 10 pixels."""
    outlines = [
        {"bbox": [1, 2, 4, 5], "segmentation": []},
        {"segmentation": [[1, 1, 6, 1, 6, 7]]},
        {"bbox": [0, 0, 12, 10], "segmentation": {"size": [10, 12], "counts": [20, 100]}},
        {"segmentation": {"size": [10, 12], "counts": "d0T3"}, "iscrowd": 1},
    ]
    return {
        "images": [
            {"id": number, "file_name": name, "width": 12, "height": 10}
            for number, (name, _) in enumerate(images)
        ],
        "categories": [{"id": number, "name": name} for number, name in enumerate(NAMES)],
        "annotations": [
            {"id": number, "image_id": number, "category_id": own, **outlines[number % 4]}
            for number, (_, own) in enumerate(images)
        ],
    }


def labelme(name, own):
    """Return LabelMe's JSON of an image."""
    shapes = [("polygon", [[1, 1], [5, 1], [5, 5]]), ("circle", [[4, 4], [6, 4]])]
    shapes.append(("rectangle", [[1, 1], [5, 3]]))
    return {
        "version": "5.4.1",
        "shapes": [
            {"label": NAMES[own], "points": points, "shape_type": kind, "flags": {}}
            for kind, points in shapes
        ],
        "imagePath": name,
        "imageHeight": 10,
        "imageWidth": 12,
    }


def voc(name, own):
    """Return VOC's XML of an image."""
    return (
        f"<annotation><filename>{name}</filename><size><width>12</width><height>10</height>"
        f"<depth>3</depth></size><object><name>{NAMES[own]}</name><truncated>0</truncated>"
        "<difficult>1</difficult><bndbox><xmin>2</xmin><ymin>3</ymin><xmax>7</xmax><ymax>9</ymax>"
        "</bndbox></object></annotation>"
    )


# What is not.

_HOSTILE: list[Any] = [
    *(
        None,
        True,
        False,
        "",
        " ",
        "a\nb",
        "\0",
        "\ud800",
        "x" * 5000,
        "cat;dog",
        "../../etc/passwd",
    ),
    *(0, -1, -5, 3, 255, 2**31, 2**63, 10**400, 1e308, -1e308, 0.5, 1e-300),
    *(float("nan"), float("inf"), float("-inf"), "nan", "12", [], {}, [[]], [None], {"id": 1}),
    *([1, 2], [-5, -5, 3, 3], [1, 1, 1e9, 1e9], [100, 100, 5, 5], [0, 0, 0, 0], [3, 3, -2, -2]),
    *([float("nan")] * 4, [[float("inf"), 1, 2, 3, 4, 5]], [[1, 1, 2, 2]], [[1e12] * 6], [[1] * 7]),
    *({"size": [10, 12], "counts": [120]}, {"size": [10**6, 10**6], "counts": [0, 10**12]}),
    *({"size": [10, 12], "counts": "~~~"}, {"size": [10, 12], "counts": [-1, 121]}),
    *({"size": [10, 12], "counts": [2**40, 120 - 2**40]}, {"size": [0, 0], "counts": []}),
]


def _nodes(content):
    """List every place of a JSON file: `(holder, key)`."""
    keys = content.keys() if isinstance(content, dict) else range(len(content))
    found = [(content, key) for key in keys]
    for key in keys:
        if isinstance(content[key], dict | list):
            found += _nodes(content[key])
    return found


def _changed_json(random, data):
    content = json.loads(data)
    for _ in range(random.integers(1, 4)):
        if not (nodes := _nodes(content)):
            break
        holder, key = nodes[random.integers(len(nodes))]
        match random.integers(5):
            case 0:
                del holder[key]
            case 1 if isinstance(holder, list):
                holder.append(holder[key])
            case _:
                # A copy: the next change may lie within.
                holder[key] = copy.deepcopy(_HOSTILE[random.integers(len(_HOSTILE))])
    return json.dumps(content).encode()


def _changed_xml(random, data):
    text = data.decode()
    inside = [
        "cat",
        "dög",
        ">12<",
        ">10<",
        ">2<",
        ">3<",
        ">7<",
        ">9<",
        ">0<",
        ">1<",
        "xmin",
        "bndbox",
    ]
    old = inside[random.integers(len(inside))]
    new = [
        *(
            "",
            "nan",
            "inf",
            "-5",
            "0",
            "99999",
            "1e308",
            "9" * 5000,
            "0.5",
            "ja",
            "a\nb",
            "&#xFFFF;",
        ),
        *("&amp;", "<b/>", "x" * 3000, "-1e9", "12", "\ud800"),
    ][random.integers(18)]
    return text.replace(old, f">{new}<" if old.startswith(">") else new, 1).encode(
        "utf-8", "surrogatepass"
    )


def _bytes_changed(random, data):
    changed = bytearray(data)
    for place in random.integers(0, len(data), random.integers(1, 6)):
        changed[place] = random.integers(0, 256)
    return bytes(changed)


ANY_TEXT: Mapping[str, Damage] = {
    "changed bytes": _bytes_changed,
    "a cut": lambda r, data: data[: r.integers(len(data))],
    "Latin-1": lambda r, data: data.decode().encode("latin-1"),
    "UTF-16": lambda r, data: data.decode().encode("utf-16"),
    "UTF-32 without a mark": lambda r, data: data.decode().encode("utf-32-be"),
    "a byte order mark": lambda r, data: b"\xef\xbb\xbf" + data,
    "something behind the end": lambda r, data: data + b'\n}]<x>"',
    "zeros behind the end": lambda r, data: data + bytes(100),
    "nothing": lambda r, data: b"",
    "noise": lambda r, data: r.bytes(200),
    "twice": lambda r, data: data + data,
}

JSON: Mapping[str, Damage] = {
    "changed values": _changed_json,
    "deep lists": lambda r, data: b"[" * 100_000 + b"]" * 100_000,
    "deep keys": lambda r, data: b'{"images":' * 100_000 + b"1" + b"}" * 100_000,
    "a deep value": lambda r, data: data.replace(b"12", b"[" * 500 + b"]" * 500, 1),
    "another kind": lambda r, data: b'{"images": {}, "annotations": 3, "shapes": "x"}',
    "a list": lambda r, data: b"[" + data + b"]",
    "a long number": lambda r, data: data.replace(b"12", b"9" * 6000, 1),
}

XML: Mapping[str, Damage] = {
    "changed values": _changed_xml,
    "deep elements": lambda r, data: b"<annotation>" * 20_000 + b"</annotation>" * 20_000,
    "deep boxes": lambda r, data: data.replace(b"<bndbox>", b"<bndbox>" * 5000).replace(
        b"</bndbox>", b"</bndbox>" * 5000
    ),
    "entities": lambda r, data: b'<!DOCTYPE x [<!ENTITY a "b">]>' + data.replace(b"cat", b"&a;"),
    "an encoding that is not": lambda r, data: b'<?xml version="1.0" encoding="klingon"?>' + data,
    "a wrong encoding": lambda r, data: b'<?xml version="1.0" encoding="utf-16"?>' + data,
    "no objects": lambda r, data: b"<annotation/>",
}

TABLE: Mapping[str, Damage] = {
    "semicolons": lambda r, data: data.replace(b",", b";"),
    "an open quote": lambda r, data: data.replace(b"cat", b'"cat', 1),
    "a null": lambda r, data: data.replace(b"cat", b"c\0t", 1),
    "a name of two lines": lambda r, data: data.replace(b"cat", b'"c\nt"', 1),
    "no heading": lambda r, data: data.partition(b"\n")[2],
    "the heading alone": lambda r, data: data.partition(b"\n")[0],
    "old line ends": lambda r, data: data.replace(b"\n", b"\r"),
    "a long field": lambda r, data: data.replace(b"cat", b"c" * 200_000, 1),
    "a path that leaves": lambda r, data: data.replace(b"0.jpg", b"../../x.jpg", 1),
    "a long path": lambda r, data: data.replace(b"0.jpg", b"y" * 5000 + b".jpg", 1),
    "a line twice": lambda r, data: data + data.splitlines(keepends=True)[-1],
    "an unknown split": lambda r, data: data.replace(b"train", b"Tset", 1),
    "many columns": lambda r, data: data.replace(b"cat", b"cat,x,y,z", 1),
    "many classes": lambda r, data: (
        data + b"".join(b"images/0.jpg,n%d,train,\n" % number for number in range(300))
    ),
}
