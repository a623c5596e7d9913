"""Photographs of a folder, and the masks that lie with them.

The mask of `PLACE/NAME.jpg` is one of

- `PLACE/NAME.png` (beside a photograph that is no PNG itself), `PLACE/NAME_mask.png`,
  `masks/PLACE/NAME.png`, `masks/NAME.png`: palette or grey, all classes in one file;
- `PLACE/NAME_CLASS.png`, `masks/PLACE/NAME_CLASS.png`, `masks/NAME_CLASS.png`,
  `masks/CLASS/PLACE/NAME.png`: one file a class, anything above half of its greatest value is the
  object. A file without an object says that there is none to be seen.

`PLACE` leaves out `images/` at its beginning.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from gain_tf.data.listing import path_below

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
    """
    return [
        path
        for path in sorted(root.rglob("*"))
        if is_picture(path)
        and path.is_file()
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
    everything = {path.with_suffix("") for path in files}

    def is_mask(path: Path) -> bool:
        if path.suffix.lower() != ".png":
            return False
        if path.stem in beside[path.parent] or path.stem.endswith("_mask"):
            return True
        return any(
            path.stem.endswith(f"_{name}")
            and path.with_name(path.stem.removesuffix(f"_{name}")) in everything
            for name in class_names
        )

    return [path for path in files if not is_mask(path)]


def mask_of_all(root: Path, path: Path) -> Path | None:
    """Find the mask that shows all classes of a photograph."""
    place = _place(root, path)
    beside = [] if path.suffix.lower() == ".png" else [path.with_suffix(".png")]
    return _first(
        [
            *beside,
            path.with_name(f"{path.stem}_mask.png"),
            root / MASKS / f"{path.relative_to(root).with_suffix('')}.png",
            root / MASKS / f"{place}.png",
            root / MASKS / f"{path.stem}.png",
        ]
    )


def masks_by_class(
    root: Path, path: Path, class_names: Iterable[str]
) -> tuple[tuple[str, Path], ...]:
    """Find the masks of a photograph that show one class each, with their classes."""
    place = _place(root, path)
    found = [
        (
            name,
            _first(
                [
                    path.with_name(f"{path.stem}_{name}.png"),
                    root / MASKS / f"{place}_{name}.png",
                    root / MASKS / f"{path.stem}_{name}.png",
                    root / MASKS / name / f"{place}.png",
                ]
            ),
        )
        for name in class_names
    ]
    return tuple((name, mask) for name, mask in found if mask is not None)


def _place(root: Path, path: Path) -> Path:
    """Return the path below the root without `images/` and suffix."""
    inside = path.relative_to(root)
    shorter = inside.relative_to("images") if inside.parts[0] == "images" else inside
    # Not `with_suffix`: it would take away what follows a dot in the name.
    return shorter.with_name(shorter.stem)


def _first(candidates: Iterable[Path]) -> Path | None:
    return next((candidate for candidate in candidates if candidate.is_file()), None)
