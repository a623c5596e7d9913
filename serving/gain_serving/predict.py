"""Judge files once, a line each to the output."""

import csv
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from gain_serving.audit import image_sha256
from gain_serving.errors import ServingError
from gain_serving.files import write_whole
from gain_serving.record import cell, decision_record
from gain_serving.runtime import Runtime

COLUMNS = (
    "image",
    "verdict",
    "accepted",
    "scores",
    "threshold",
    "reject_band",
    "model",
    "version",
    "model_sha256",
    "image_sha256",
    "overlay",
    "error",
)


def predict_files(
    files: Sequence[Path], runtime: Runtime, *, as_json: bool, overlays: Path | None
) -> int:
    """Judge files, and write a line for each to the standard output as soon as it is judged.

    Args:
        files: images.
        runtime: the model.
        as_json: JSON lines instead of CSV.
        overlays: folder for an overlay of each, or None.

    Returns:
        How many could not be judged; each is told on the standard error too.
    """
    table: csv.DictWriter[str] = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    if not as_json:
        table.writeheader()
    unread = 0
    for number, path in enumerate(files, 1):
        record = dict.fromkeys(COLUMNS) | {"image": str(path)} | _judged(path, runtime, overlays)
        if record["error"]:
            unread += 1
            click.echo(f"gain-serve: {path}: {record['error']}", err=True)
        if as_json:
            print(json.dumps(record, ensure_ascii=False))
        else:
            table.writerow({key: cell(value) for key, value in record.items()})
        sys.stdout.flush()
        if sys.stderr.isatty() and not sys.stdout.isatty():
            click.echo(f"\r{number}/{len(files)}", nl=number == len(files), err=True)
    return unread


def _judged(path: Path, runtime: Runtime, overlays: Path | None) -> dict[str, Any]:
    try:
        data = path.read_bytes()
        [decision] = runtime.decide([data], overlay=overlays is not None)
    except OSError as error:
        return {"error": f"cannot be read: {error.strerror}"}
    except ServingError as error:
        return {"error": str(error)}
    record = decision_record(decision) | {"image_sha256": image_sha256(data)}
    if overlays is not None and decision.overlay is not None:
        # Two folders may hold an image of the same name.
        drawn = overlays / f"{path.name}.{record['image_sha256'][:8]}.png"
        write_whole(drawn, decision.overlay)
        record["overlay"] = str(drawn)
    return record
