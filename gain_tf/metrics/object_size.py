"""Small, medium and large objects.

COCO's bounds, 32 x 32 and 96 x 96 pixels, taken on an image of 224 x 224: about 2 and 18 per cent
of it. One cell of a 7 x 7 map is 2 per cent.
"""

SIDE = 224
BOUNDS = {"small": (32 / SIDE) ** 2, "medium": (96 / SIDE) ** 2}
SIZES = (*BOUNDS, "large")


def size_of(area: float) -> str:
    """Name the size of an object.

    Args:
        area: its share of the image, in [0, 1].

    Returns:
        `small` (under 2.04 %), `medium` (under 18.4 %) or `large`.
    """
    return next((name for name, bound in BOUNDS.items() if area < bound), SIZES[-1])
