"""A folder that holds what one network made in one way, and nothing else."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gain_tf.errors import UserError
from gain_tf.files import read_json, replacing, sha256_of
from gain_tf.folders import clear_left_behind, made


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
    record = json.loads(json.dumps(made_by))
    path = folder / name
    if path.is_file():
        before = read_json(path, f"give {option} another folder")
        if before != record:
            other = [key for key in record if before.get(key) != record[key]]
            raise UserError(
                f"{folder}: holds {what} of another {', '.join(other)} ({name}); give "
                f"{option} another folder"
            )
        clear_left_behind(folder)
        return True
    made(folder, option)
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return False
