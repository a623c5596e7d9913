"""A folder that holds what one network made in one way, and nothing else."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gain_tf.errors import UserError
from gain_tf.files import read_json, replacing, sha256_of
from gain_tf.folders import clear_left_behind, made

Refusal = Callable[[Mapping[str, Any], Mapping[str, Any]], str | None]


def of_model(run: Path, row: str | None, file: Path) -> dict[str, Any]:
    """Say which network makes something, for `claim`.

    Args:
        run: folder of the run.
        row: of the run; None for its own.
        file: of the model: another training in the same place is another network.
    """
    return {"model": str(run.resolve()), "row": row, "sha256": sha256_of(file)}


def claim(
    folder: Path, name: str, made_by: Mapping[str, Any], what: str, option: str = "--out"
) -> bool:
    """Claim a folder for one way of making things, or find it begun in the same way.

    What killed processes were writing in it is removed, see `clear_left_behind`.

    Args:
        folder: made where it is not there.
        name: of the JSON file in it that says how.
        made_by: how, as JSON can hold it.
        what: is made, such as "masks".
        option: of the command line that names the folder.

    Returns:
        Whether it was begun before.

    Raises:
        UserError: it holds what was made in another way, or cannot be made.
    """

    def refusal(before: Mapping[str, Any], now: Mapping[str, Any]) -> str | None:
        if before == now:
            return None
        other = [key for key in now if before.get(key) != now[key]]
        return f"holds {what} of another {', '.join(other)} ({name})"

    return claim_unless(refusal, folder, name, made_by, f"give {option} another folder", option)


def claim_unless(
    refusal: Refusal,
    folder: Path,
    name: str,
    made_by: Mapping[str, Any],
    remedy: str,
    option: str = "--out",
) -> bool:
    """Do as `claim`, where what was begun otherwise is told in words of the caller's own.

    Args:
        refusal: says what a folder holds that was not made in the same way, None of one that was;
            from what stands in it and what is asked for.
        folder: as in `claim`.
        name: as in `claim`.
        made_by: as in `claim`.
        remedy: what to do about a folder that is refused, or whose record is damaged.
        option: as in `claim`.

    Returns:
        Whether it was begun before.

    Raises:
        UserError: it is refused, or cannot be made.
    """
    record = json.loads(json.dumps(made_by))
    path = folder / name
    if path.is_file():
        if (problem := refusal(read_json(path, remedy), record)) is not None:
            raise UserError(f"{folder}: {problem}; {remedy}")
        clear_left_behind(folder)
        return True
    made(folder, option)
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return False
