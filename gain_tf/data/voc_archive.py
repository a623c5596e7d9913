"""Results for the test server of PASCAL VOC 2012, as it wants them.

`comp6` is the competition of methods trained on more than VOC's own images: ImageNet's weights
and SBD are. The server takes a `.tar.gz` with one indexed PNG an image of the test set.
"""

import re
import tarfile
from collections.abc import Sequence
from pathlib import Path

from gain_tf.errors import UserError
from gain_tf.files import replacing

PLACE = "results/VOC2012/Segmentation/comp6_test_cls"
"""Where the masks lie in the archive."""

TEST_IMAGES = 1456
"""Images of VOC 2012's test set for segmentation."""

_ID = re.compile(r"\d{4}_\d{6}", re.ASCII)


def archive_problems(path: Path) -> list[str]:
    """Say what is wrong with the name of an archive, one sentence each; none where it will do."""
    return [] if path.name.endswith(".tar.gz") else [f"{path}: the test server wants a .tar.gz"]


def write_voc_archive(masks: Sequence[Path], path: Path) -> None:
    """Pack masks for the test server, whole or not at all.

    The same masks make the same bytes but for the time in gzip's header.

    Args:
        masks: indexed PNGs named `ID.png`.
        path: of the archive, ending in `.tar.gz`.

    Raises:
        UserError: a mask is missing or is not named as an image of VOC; the first ones are given.
    """
    wrong = [f"{mask}: is not named as an image of VOC" for mask in masks if not _is_id(mask)]
    wrong += [f"{mask}: there is no such file" for mask in masks if not mask.is_file()]
    wrong += archive_problems(path)
    if wrong:
        raise UserError("\n".join(wrong[:10]))
    with replacing(path) as temporary, tarfile.open(temporary, "w:gz") as archive:
        for mask in sorted(masks, key=lambda each: each.name):
            member = tarfile.TarInfo(f"{PLACE}/{mask.name}")
            member.size = mask.stat().st_size
            with mask.open("rb") as content:
                archive.addfile(member, content)


def _is_id(mask: Path) -> bool:
    return mask.suffix == ".png" and _ID.fullmatch(mask.stem) is not None
