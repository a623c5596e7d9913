"""Data sets with damage, one a seed: a layout that is read, then one to three things wrong."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from damaged_boxes import BOXES
from damaged_pictures import EITHER, HEIGHT, READ, REFUSED, WIDTH, encoded, mask, photograph
from damaged_texts import ANY_TEXT, JSON, NAMES, TABLE, XML, coco, labelme, voc

COUNT = 3
"""Images a class and split."""

TEXTS = {"coco": JSON, "labelme": JSON, "voc": XML, "table": TABLE, "tiles": TABLE}
LAYOUTS = ("folders", "splits", "masks", "class masks", *TEXTS)


@dataclass
class Damaged:
    """A data set on disk.

    Attributes:
        root: of the data set.
        layout: one of `LAYOUTS`.
        data: section of the config that names it.
        done: what is wrong, in words.
        named: names that a report must hold.
        listed: whether every picture belongs to the data set.
    """

    root: Path
    layout: str
    data: dict
    done: list[str] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    listed: bool = True


def damaged_data(root, seed):
    """Make the data set of a seed.

    Args:
        root: folder that is there and empty.
        seed: any; the same gives the same.
    """
    random = np.random.default_rng(seed)
    made = whole_data(root, LAYOUTS[seed % len(LAYOUTS)], random)
    texts = made.layout in TEXTS and random.random() < 0.7
    for _ in range(random.integers(1, 4)):
        if texts:
            _damage_text(made, random)
        else:
            _choice(random, _ways(made, random))(made, random)
    if not made.listed:
        made.named = set()
    return made


def _choice(random, items):
    items = list(items)
    return items[random.integers(len(items))]


def _name(path):
    return f"{path.parent.name}/{path.name}"


def _write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def whole_data(root, layout, random):
    """Make a data set without damage; see `damaged_data`."""
    section = {"name": "folder", "root": str(root), "folder": {"validation": 0.34}}
    places = {"coco": "images/train", "labelme": "images", "voc": "images", "table": "images"}
    images = []
    for own in range(len(NAMES)):
        for number in range(COUNT * len(NAMES))[own::2] if layout in places else range(COUNT):
            folder = places.get(layout, NAMES[own])
            folders = [f"train/{folder}", f"test/{folder}"] if layout == "splits" else [folder]
            images += [(f"{each}/{number}.jpg", own) for each in folders]
    if layout == "tiles":
        section["name"] = "magnetic_tile"
        images = [
            (name.replace(NAMES[0], "break").replace(NAMES[1], "free"), o) for name, o in images
        ]
    picture = encoded(photograph(random), "JPEG")
    for name, own in images:
        _write(root / name, picture)
        _annotate(root, layout, name, own)
    if layout == "coco":
        _write(root / "all.json", json.dumps(coco(images), ensure_ascii=False).encode())
    if layout == "table":
        lines = [
            f"{name},{NAMES[own]},{s},\n" for (name, own), s in zip(images, _SIDES, strict=True)
        ]
        _write(root / "labels.csv", "".join(["file,label,split,group\n", *lines]).encode())
    if layout == "tiles":
        names = ["blowhole", "break", "crack", "fray", "uneven", "free"]
        for name in set(names) - {"break", "free"}:
            _write(root / name / "0.jpg", picture)
        lines = [f"{number},{name},train,\n" for name in names for number in [0]]
        lines += [f"{number},{name},test,\n" for name in ("break", "free") for number in (1, 2)]
        _write(root / "split.csv", "".join(["file,class,split,group\n", *lines]).encode())
    return Damaged(root, layout, section)


_SIDES = ("train", "train", "validation") * 2


def _annotate(root, layout, name, own):
    spot = np.zeros((HEIGHT, WIDTH))
    spot[2:6, 3:8] = 255
    image = root / name
    if layout == "masks":
        _write(image.with_suffix(".png"), mask(spot if own else np.minimum(spot, own + 1)))
    elif layout == "class masks":
        _write(root / "masks" / NAMES[own] / f"{image.parent.name}/{image.stem}.png", mask(spot))
    elif layout == "labelme":
        text = json.dumps(labelme(image.name, own), ensure_ascii=False)
        _write(image.with_suffix(".json"), text.encode())
    elif layout == "voc":
        _write(image.with_suffix(".xml"), voc(image.name, own).encode())


def _damage_text(made, random):
    own = TEXTS[made.layout]
    path = _choice(random, texts_of(made.root))
    if made.layout in BOXES and random.random() < 0.6:
        kinds = BOXES[made.layout]
        kind = _choice(random, kinds)
    else:
        kinds = own | ANY_TEXT
        kind = _choice(random, [*own, *list(own)[:1] * 8, *ANY_TEXT])
    data = path.read_bytes()
    try:
        path.write_bytes(kinds[kind](random, data))
    except (ValueError, RecursionError):
        # The damage before this one left no text to be damaged.
        return
    made.done.append(f"{kind} in {_name(path)}")


def texts_of(root):
    """List the annotation files and tables of a data set."""
    return sorted(p for p in root.rglob("*") if p.suffix in (".json", ".xml", ".csv"))


def _ways(made, random):
    if random.random() < 0.1:
        return [_no_file]
    if made.layout in TEXTS:
        return [_refused, _either, _either, _rename]
    masks = [_damage_mask] * 2 if "masks" in made.layout else []
    return [_refused, _either, _either, _rename, *masks]


def _image(made, random):
    return _choice(random, sorted(p for p in made.root.rglob("*.jpg") if p.is_file()))


def _refused(made, random):
    path, kind = _image(made, random), _choice(random, REFUSED)
    path.write_bytes(REFUSED[kind](random))
    made.done.append(f"{kind} in {_name(path)}")
    made.named.add(_name(path))


def _either(made, random):
    path, kinds = _image(made, random), READ | EITHER
    kind = _choice(random, kinds)
    path.write_bytes(kinds[kind](random))
    made.named.discard(_name(path))
    made.done.append(f"{kind} in {path.name}")


_ODD_NAMES = [
    *("with space.jpg", "größe.jpg", "gr\u0308o.jpg", "日本.jpg", "🦊.jpg", "a,b.jpg", "a;b.jpg"),
    *("'.jpg", '".jpg', "%s{0}.jpg", ".jpg", "..jpg", " .jpg", "-.jpg", "UPPER.JPG", "no", "x.gif"),
    *("a\nb.jpg", "a\rb.jpg", "a\tb.jpg", "\x1b[31m.jpg", "\u202egpj.jpg", "\u2028.jpg", "x" * 250),
    *(os.fsdecode(b"\xff\xfe.jpg"), "v1.2.jpg", "a_mask.jpg", "0_cat.jpg", "con.jpg", "train.jpg"),
]


def _rename(made, random):
    path, name = _image(made, random), _choice(random, _ODD_NAMES)
    path.rename(path.with_name(name))
    made.named.discard(_name(path))
    # A mask or a line of a table that has lost its picture is not looked at.
    made.listed = made.listed and made.layout in ("folders", "splits")
    made.done.append(f"the name {name[:20]!r} instead of {path.name}")


def _no_file(made, random):
    """Put something that is no file where a picture or an annotation would lie."""
    path = _image(made, random)
    ending = _choice(random, [".jpg", ".json", ".xml", ".csv"])
    path = path.with_name(f"odd{ending}")
    if path.exists() or path.is_symlink():
        return
    kind = _choice(random, ["folder", "pipe", "link to nothing", "link to itself", "link outside"])
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        targets = {"link to nothing": "nowhere", "link to itself": path.name}
        path.symlink_to(targets.get(kind, "/etc/passwd"))
    made.done.append(f"{kind} {path.name}")


def _damage_mask(made, random):
    path = _choice(random, sorted(p for p in made.root.rglob("*.png") if p.is_file()))
    height, width = random.integers(1, 30, 2)
    kinds = {
        "another size": mask(np.ones((height + HEIGHT, width))),
        "a class that is not": mask(np.full((HEIGHT, WIDTH), 77)),
        "another class": mask(np.full((HEIGHT, WIDTH), random.integers(1, 3))),
        "noise": mask(random.integers(0, 256, (HEIGHT, WIDTH))),
        "nothing": mask(np.zeros((HEIGHT, WIDTH))),
        "all unknown": mask(np.full((HEIGHT, WIDTH), 255)),
    } | {kind: make(random) for kind, make in (REFUSED | READ | EITHER).items()}
    kind = _choice(random, [*kinds, *list(kinds)[:6] * 6])
    path.write_bytes(kinds[kind])
    made.done.append(f"{kind} in the mask {_name(path)}")
    made.named.discard(_name(path))
    if kind == "another size" or kind in REFUSED:
        made.named.add(_name(path))
