"""Photographs of a folder, and the masks that lie with them.

The mask of `PLACE/NAME.jpg` is one of

- `PLACE/NAME.png` (beside a photograph that is no PNG itself), `PLACE/NAME_mask.png`,
  `masks/PLACE/NAME.png`, `masks/NAME.png`: palette or grey, all classes in one file;
- `PLACE/NAME_CLASS.png`, `masks/PLACE/NAME_CLASS.png`, `masks/NAME_CLASS.png`,
  `masks/CLASS/PLACE/NAME.png`: one file a class, anything above half of its greatest value is the
  object. A file without an object says that there is none to be seen.

`PLACE` leaves out `images/` at its beginning.
"""

import os
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from gain_tf.data.listing import path_below
from gain_tf.data.names import without_ending
from gain_tf.data.walk import named_below

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp")
MASKS = "masks"


def is_picture(path: Path) -> bool:
    """Tell whether a file bears the name of a picture."""
    return path.suffix.lower() in SUFFIXES


def pictures_below(root: Path) -> list[Path]:
    """List all pictures below a folder that are no masks of the folder `masks`.

    Args:
        root: the folder.

    Returns:
        Sorted paths; links that lead out of the root are left out.

    Raises:
        DataError: a folder cannot be read.
    """
    return [
        path
        for path in named_below(root, SUFFIXES)
        if path.is_file()
        and path.relative_to(root).parts[0] != MASKS
        and not any(part.startswith(".") for part in path.relative_to(root).parts)
        and not (path.is_symlink() and path_below(root, str(path.relative_to(root))) is None)
    ]


def photographs(files: Sequence[Path], class_names: Collection[str]) -> list[Path]:
    """Leave out the masks that lie beside photographs.

    Args:
        files: pictures of one or several folders.
        class_names: that the name of a mask may end with.

    Returns:
        The photographs, in the order of the files.
    """
    beside: dict[Path, set[str]] = defaultdict(set)
    for path in files:
        if path.suffix.lower() != ".png":
            beside[path.parent].add(path.stem)
    everything = {without_ending(path) for path in files}

    def is_mask(path: Path) -> bool:
        if path.suffix.lower() != ".png":
            return False
        if path.stem in beside[path.parent] or path.stem.endswith("_mask"):
            return True
        return any(
            path.stem.endswith(f"_{name}")
            and without_ending(path).removesuffix(f"_{name}") in everything
            for name in class_names
        )

    return [path for path in files if not is_mask(path)]


@dataclass
class MaskFiles:
    """The masks of photographs below a root.

    Each folder is listed once: asking the disk for every place that a mask of every class may
    have takes minutes where there are many.

    Attributes:
        root: of the data set.
    """

    root: Path
    _listed: dict[str, list[str]] = field(default_factory=dict, repr=False)

    def of_all(self, path: Path) -> Path | None:
        """Find the mask that shows all classes of a photograph."""
        inside = path.relative_to(self.root)
        masks = self.root / MASKS
        places = [
            *([] if path.suffix.lower() == ".png" else [without_ending(path)]),
            f"{without_ending(path)}_mask",
            f"{masks}/{without_ending(inside)}",
            f"{masks}/{_place(inside)}",
            f"{masks}/{path.stem}",
        ]
        return self._first(f"{place}.png" for place in places)

    def by_class(self, path: Path, class_names: Iterable[str]) -> tuple[tuple[str, Path], ...]:
        """Find the masks of a photograph that show one class each, with their classes."""
        place = _place(path.relative_to(self.root))
        masks = self.root / MASKS
        beginnings = (f"{without_ending(path)}_", f"{masks}/{place}_", f"{masks}/{path.stem}_")
        if not self._folders and not any(map(self._any_begins, beginnings)):
            return ()
        found = []
        for name in class_names:
            places = [f"{beginning}{name}.png" for beginning in beginnings]
            places += [f"{masks}/{name}/{place}.png"] if name in self._folders else []
            if mask := self._first(places):
                found.append((name, mask))
        return tuple(found)

    @cached_property
    def _folders(self) -> frozenset[str]:
        """Names of the folders in `masks/`, some of which may be classes."""
        masks = str(self.root / MASKS)
        there = (name for name in self._names(masks) if os.path.isdir(os.path.join(masks, name)))
        return frozenset(there)

    def _names(self, folder: str) -> list[str]:
        if folder not in self._listed:
            # A folder that is not there, or a name longer than the disk allows, holds nothing.
            there = os.path.isdir(folder)
            self._listed[folder] = sorted(os.listdir(folder)) if there else []
        return self._listed[folder]

    def _any_begins(self, beginning: str) -> bool:
        folder, name = os.path.split(beginning)
        names = self._names(folder)
        place = bisect_left(names, name)
        return place < len(names) and names[place].startswith(name)

    def _first(self, places: Iterable[str]) -> Path | None:
        for place in places:
            folder, name = os.path.split(place)
            names = self._names(folder)
            number = bisect_left(names, name)
            if number < len(names) and names[number] == name and os.path.isfile(place):
                return Path(place)
        return None


def _place(inside: Path) -> str:
    """Return a path without `images/` at its beginning and without its ending."""
    return without_ending(inside.relative_to("images") if inside.parts[0] == "images" else inside)
