"""Which image of a folder an annotation means.

Annotation tools name images as they lay where the tool ran. A name is never opened: it is looked
up among the images below the root, so that no annotation file can reach anything else.

In this order:

- the path from the annotation file's folder, from the root, or from `images/` below it;
- the one image whose path ends with the name, as CVAT's `images/default/NAME` does;
- where the name leads elsewhere (absolute, upwards, a URL, or into Label Studio's `images/`), the
  one image whose path ends with as much of it as possible;
- the same without the eight letters that Label Studio puts before a name;
- the image of the annotation file's own name, where the file is about one image.
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from gain_tf.data.listing import path_below
from gain_tf.data.objects import Annotation

LABEL_STUDIO = re.compile(r"^[0-9a-f]{8}-(?=.)")
FOREIGN = re.compile(r"^(/|[A-Za-z]:|[A-Za-z0-9+.-]+://|images/)")


class ImageFinder:
    """Finds images by the names that annotations give them.

    Attributes:
        root: of the images.
        images: paths below the root.
    """

    def __init__(self, root: Path, images: Iterable[Path]) -> None:
        self.root = root
        self.images = list(images)
        self._at_path = {os.path.abspath(path): path for path in self.images}
        self._named: dict[str, list[Path]] = defaultdict(list)
        self._stems: dict[str, list[Path]] = defaultdict(list)
        for path in self.images:
            self._named[path.name].append(path)
            self._stems[path.stem].append(path)

    def find(self, annotation: Annotation) -> Path:
        """Find the image of an annotation.

        Returns:
            Its path.

        Raises:
            ValueError: there is none, or there are several; the message names the annotation.
        """
        name = annotation.name.replace("\\", "/")
        if found := self._at(annotation.file, name):
            return found
        candidates = self._ending_with(name) or self._ending_with(_without_prefix(name))
        if not candidates and annotation.only:
            candidates = self._stems[annotation.file.stem]
        candidates = self._beside(annotation.file, candidates)
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            several = ", ".join(str(path.relative_to(self.root)) for path in candidates[:3])
            raise ValueError(
                f"{annotation.place}: {annotation.name!r} may be any of {len(candidates)} images "
                f"below {self.root}: {several}"
            )
        if path_below(self.root, name) is None:
            raise ValueError(f"{annotation.place}: {annotation.name!r} is not below {self.root}")
        raise ValueError(f"{annotation.place}: there is no image {annotation.name!r}")

    def _at(self, file: Path, name: str) -> Path | None:
        """Follow a name from the places it may start at."""
        places = (file.parent, self.root, self.root / "images")
        paths = (os.path.abspath(os.path.join(place, name)) for place in places)
        return next((self._at_path[path] for path in paths if path in self._at_path), None)

    def _ending_with(self, name: str) -> list[Path]:
        """List the images whose path ends with a name, or with the most of a foreign one."""
        parts = [part for part in name.split("/") if part not in ("", ".", "..")]
        foreign = bool(FOREIGN.match(name)) or ".." in name.split("/")
        for start in range(len(parts) if foreign else min(1, len(parts))):
            wanted = tuple(parts[start:])
            found = [
                path for path in self._named[parts[-1]] if path.parts[-len(wanted) :] == wanted
            ]
            if found:
                return found
        return []

    def _beside(self, file: Path, candidates: Sequence[Path]) -> Sequence[Path]:
        """Prefer the images of the annotation file's part: `val` of `instances_val.json`."""
        part = file.stem.rpartition("_")[2].lower()
        own = [path for path in candidates if part in (each.lower() for each in path.parts)]
        return own or candidates


def _without_prefix(name: str) -> str:
    folder, slash, last = name.rpartition("/")
    return f"{folder}{slash}{LABEL_STUDIO.sub('', last, count=1)}"
