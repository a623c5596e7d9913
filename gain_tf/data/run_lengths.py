"""COCO's run lengths: the compressed text, and the check that they make up the image.

The check is ours: pycocotools fills what counts leave open with whatever lies in memory, and reads
beyond a text that ends within a number.
"""

from collections.abc import Sequence

from gain_tf.data.objects import RunLengths

BITS, MORE, SIGN = 5, 0x20, 0x10


def run_lengths(size: tuple[int, int], counts: str | Sequence[int]) -> RunLengths:
    """Build the mask of an object.

    Args:
        size: (height, width) of the image.
        counts: the runs, or COCO's compressed text of them.

    Returns:
        The mask.

    Raises:
        ValueError: the counts are no run lengths, or do not make up the image.
    """
    runs = _unpacked(counts) if isinstance(counts, str) else list(counts)
    if any(run < 0 for run in runs):
        raise ValueError("a run is negative")
    if sum(runs) != size[0] * size[1]:
        raise ValueError(
            f"the runs make up {sum(runs)} pixels, not the {size[0] * size[1]} of the image"
        )
    return RunLengths(size, tuple(runs))


def _unpacked(text: str) -> list[int]:
    """Read the compressed text: five bits a letter, low bits first.

    From the fourth run on a number is the difference to the run before the last.
    """
    runs: list[int] = []
    number = shift = 0
    for letter in text:
        bits = ord(letter) - 48
        if not 0 <= bits < 2 * MORE:
            raise ValueError(f"counts hold the letter {letter!r}")
        number |= (bits & (MORE - 1)) << shift
        shift += BITS
        if bits & MORE:
            continue
        if bits & SIGN:
            number -= 1 << shift
        runs.append(number + (runs[-2] if len(runs) > 2 else 0))
        number = shift = 0
    if shift:
        raise ValueError("counts end within a number")
    return runs
