"""A decision as names and plain values, for logs, CSV and JSON."""

import json
from datetime import UTC, datetime
from typing import Any

from gain_serving.decision import Decision


def now() -> str:
    """Give the time, UTC, as ISO 8601 to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def decision_record(decision: Decision) -> dict[str, Any]:
    """Write a decision as a record.

    Args:
        decision: to be written.

    Returns:
        `verdict`, `accepted`, `scores` (by class), `threshold`, `reject_band`, `model`,
        `version`, `model_sha256`.
    """
    band = decision.reject_band
    return {
        "verdict": decision.verdict,
        "accepted": decision.accepted,
        "scores": {name: round(score, 6) for name, score in decision.scores.items()},
        "threshold": decision.threshold,
        "reject_band": None if band is None else list(band),
        "model": decision.model,
        "version": decision.version,
        "model_sha256": decision.sha256,
    }


def cell(value: Any) -> Any:
    """Write a value of a record so that it fits into a cell of a CSV file, on one line."""
    if isinstance(value, dict | list | bool):
        return json.dumps(value, ensure_ascii=False)
    return " ".join(value.splitlines()) if isinstance(value, str) else value
