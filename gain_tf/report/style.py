"""How every picture of the report looks, and how it gets into a file or onto the page."""

import base64
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from gain_tf.files import replacing

ROW_COLOURS: Sequence[str] = (
    "#7f7f7f",
    "#d55e00",
    "#0072b2",
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
)
"""Of the rows of a comparison, in turn: Okabe and Ito's, which colour-blind readers tell apart."""

RIGHT, WRONG = "#00796b", "#b71c1c"
"""Of right and wrong verdicts."""

INK, FAINT = "#222222", "#8a8a8a"

DOTS_PER_INCH = 130


def row_colour(number: int) -> str:
    """Return the colour of row `number` of a comparison."""
    return ROW_COLOURS[number % len(ROW_COLOURS)]


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, whole or not at all."""
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=DOTS_PER_INCH)


def embedded(figure: Figure, *, photographs: bool = False) -> str:
    """Turn a figure into the address of an `img` that needs no file.

    Args:
        figure: to be shown.
        photographs: JPEG instead of PNG: a tenth of the size, blurred letters.

    Returns:
        `data:image/...;base64,...`.
    """
    kind = "jpeg" if photographs else "png"
    buffer = io.BytesIO()
    options: dict[str, Any] = {"pil_kwargs": {"quality": 88}} if photographs else {}
    figure.savefig(buffer, format=kind, dpi=DOTS_PER_INCH, **options)
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"
