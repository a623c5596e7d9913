"""What the cues in a folder were made with: cues of two makings never lie side by side."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gain_tf.config import Config
from gain_tf.files import sha256_of
from gain_tf.report.claim import claim_unless

SETTINGS = "settings.json"


def claim_cues(
    out: Path, config: Config, split: str, row: str, model: Path, class_names: Sequence[str]
) -> None:
    """Claim a folder for one way of making cues.

    Args:
        out: the folder; made where it is not there.
        config: of the row.
        split: whose images the cues are of.
        row: whose attention they are.
        model: file of its network.
        class_names: in the order of the cues.

    Raises:
        UserError: the folder holds cues that were made otherwise, or cannot be made.
    """
    record = {
        "cues": config.cues.model_dump(mode="json"),
        "split": split,
        "row": row,
        "model": sha256_of(model),
        "class_names": list(class_names),
    }
    claim_unless(
        _refusal, out, SETTINGS, record, "name another folder by --out, or delete this one"
    )


def _refusal(before: Mapping[str, Any], now: Mapping[str, Any]) -> str | None:
    changed = sorted(_changes(before, now))
    return f"holds cues that were made otherwise ({'; '.join(changed)})" if changed else None


def _changes(before: Any, now: Any, key: str = "") -> list[str]:
    """List the dotted keys whose values differ."""
    if isinstance(before, dict) and isinstance(now, dict):
        return [
            change
            for name in {**before, **now}
            for change in _changes(before.get(name), now.get(name), f"{key}.{name}".lstrip("."))
        ]
    if before == now:
        return []
    return ["by another model" if key == "model" else f"{key}: {before}, now {now}"]
