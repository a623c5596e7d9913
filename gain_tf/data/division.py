"""Images that name no split are divided: whole groups at a time, each class by the same shares."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gain_tf.data.file_pictures import FileRecord


def divided(
    records: Sequence[FileRecord], validation: float, test: float, seed: int
) -> list[FileRecord]:
    """Give each record without a split one.

    An image of several classes counts for the rarest of them.

    Args:
        records: of all images.
        validation: share of the groups, in [0, 1).
        test: share of the groups, in [0, 1).
        seed: of the choice.

    Returns:
        The records; one group of each class stays in training, however large the shares.
    """
    waiting = [record for record in sorted(records, key=lambda each: each.id) if not record.split]
    frequency = Counter(label for record in waiting for label in record.labels)
    strata: dict[str, list[str]] = {}
    seen: set[str] = set()
    for record in waiting:
        if record.group not in seen:
            seen.add(record.group)
            rarest = min(record.labels, key=lambda label: (frequency[label], label), default="")
            strata.setdefault(rarest, []).append(record.group)
    random = np.random.default_rng(seed)
    order = sorted(
        ((place + 0.5) / len(groups), place == len(groups) - 1, groups[index])
        for _, groups in sorted(strata.items())
        for place, index in enumerate(random.permutation(len(groups)))
    )
    held = round(validation * len(order))
    tested = held + round(test * len(order))
    side = {}
    for place, (_, last, group) in enumerate(order):
        name = "validation" if place < held else "test" if place < tested else "train"
        side[group] = "train" if last else name
    _keep_each_class(waiting, side)
    return [
        record if record.split else replace(record, split=side[record.group]) for record in records
    ]


def _keep_each_class(records: Sequence[FileRecord], side: dict[str, str]) -> None:
    """Move a group to training for each class that is nowhere the rarest and has none there."""
    trained = {label for each in records if side[each.group] == "train" for label in each.labels}
    for record in records:
        if not trained.issuperset(record.labels):
            side[record.group] = "train"
            trained.update(record.labels)
