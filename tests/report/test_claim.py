"""A folder that holds what was made in one way."""

import os
import time

import pytest

from gain_tf.errors import UserError
from gain_tf.folders import LEFT_BEHIND
from gain_tf.report.claim import claim


def test_what_was_made_in_another_way_is_refused_by_the_option_that_names_the_folder(tmp_path):
    folder = tmp_path / "new"
    assert not claim(folder, "made.json", {"row": None, "sizes": (1, 2)}, "masks")
    assert claim(folder, "made.json", {"row": None, "sizes": (1, 2)}, "masks")
    with pytest.raises(UserError, match=r"holds masks of another row \(made.json\); give --out "):
        claim(folder, "made.json", {"row": "baseline", "sizes": (1, 2)}, "masks")
    with pytest.raises(UserError, match=r"holds answers of another sizes .*; give --parts another"):
        claim(folder, "made.json", {"row": None, "sizes": (1, 3)}, "answers", "--parts")
    (folder / "made.json").write_text('{"row": ')
    with pytest.raises(UserError, match=r"made\.json: is damaged; give --parts another folder"):
        claim(folder, "made.json", {"row": None, "sizes": (1, 2)}, "answers", "--parts")
    with pytest.raises(UserError, match=r"--parts: the folder .* cannot be made: Not a directory"):
        claim(folder / "made.json" / "x", "made.json", {"row": None}, "answers", "--parts")


def test_what_a_killed_process_was_writing_is_removed(tmp_path):
    claim(tmp_path, "made.json", {"row": None}, "masks")
    old, new = (tmp_path / f".writing-{name}.png" for name in ("old", "new"))
    for path in (old, new):
        path.touch()
    long_ago = time.time() - LEFT_BEHIND - 60
    os.utime(old, (long_ago, long_ago))
    claim(tmp_path, "made.json", {"row": None}, "masks")
    assert sorted(tmp_path.iterdir()) == [new, tmp_path / "made.json"]
