"""A watched folder, with real processes: each image once, whatever happens."""

import csv
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter

import cv2
import numpy as np
import pytest
from models import write_model

from gain_serving.judged import COLUMNS, Judged, Signature, printable

PATIENCE = 1.0


def png(number, side=12):
    return cv2.imencode(".png", np.full((side, side, 3), [0, number % 256, 255], np.uint8))[
        1
    ].tobytes()


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


class Box:
    """A folder, its decisions, and the process that watches."""

    def __init__(self, root, environment):
        self.folder, self.out = root / "in", root / "out"
        self.folder.mkdir()
        self.model = write_model(root / "m.onnx")
        self.environment = environment
        self.process = None

    def start(self, *options, out=None):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gain_serving", "watch", self.folder, "--model", self.model,
             "--out", out or self.out, "--settle", "0.1", "--patience", str(PATIENCE),
             "--poll-interval", "0.5", "--threads", "1", *options],
            env=self.environment, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        return self.process

    def end(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        _, said = self.process.communicate(timeout=20)
        return self.process.returncode, said

    def rows(self, out=None):
        path = (out or self.out) / "decisions.csv"
        if not path.exists():
            return []
        with path.open(newline="") as file:
            return list(csv.DictReader(file))

    def put(self, name, data):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        return path


@pytest.fixture
def box(tmp_path, serving_environment):
    box = Box(tmp_path, serving_environment)
    yield box
    if box.process is not None and box.process.poll() is None:
        box.process.kill()
        box.process.communicate()


@pytest.mark.slow
def test_what_arrives_is_judged_and_what_is_no_image_set_aside(box):
    box.put("before.png", png(1))
    box.put("notes.txt", b"not mine")
    box.put(".hidden.png", png(2))
    box.start()
    wait_for(lambda: len(box.rows()) == 1)
    box.put("sub/half.png", png(3, 60)[:-20])
    box.put('sub/later, with "quotes".PNG', png(4))
    box.put("two\nlines.png", png(5))
    box.put(os.fsdecode(b"latin-\xe4.png"), png(6))
    box.put("empty.jpg", b"")
    wait_for(lambda: len(box.rows()) == 6)
    wait_for((box.out / "unreadable" / "empty.jpg").exists)
    wait_for((box.out / "unreadable" / "sub" / "half.png").exists)
    assert box.end() == (0, box_said(box, "sub/half.png", "empty.jpg"))
    rows = {row["image"]: row for row in box.rows()}
    assert set(rows) == {
        "before.png",
        "sub/half.png",
        'sub/later, with "quotes".PNG',
        "two\\x0alines.png",
        "latin-\\xe4.png",
        "empty.jpg",
    }
    row = rows["before.png"]
    assert (row["verdict"], row["accepted"], row["model"]) == ("class 0", "true", "tiny")
    assert row["image_sha256"] == hashlib.sha256(png(1)).hexdigest()
    assert cv2.imread(box.out / row["overlay"]).shape == (12, 12, 3)
    assert rows["empty.jpg"]["error"] == "there are no bytes where an image should be"
    assert rows["empty.jpg"]["verdict"] == ""
    assert (box.folder / "notes.txt").exists()
    assert (box.folder / "before.png").exists()
    assert not (box.folder / "empty.jpg").exists()


def box_said(box, *aside):
    """Nothing but the start and what was set aside, in any order, is said."""
    said = box.rows()
    errors = {row["image"]: row["error"] for row in said if row["error"]}
    assert set(errors) == set(aside)
    start = f"INFO: {box.folder}: watched with model tiny, version 1\n"
    return start + "".join(
        f"WARNING: {row['image']}: set aside: {row['error']}\n" for row in said if row["error"]
    )


@pytest.mark.slow
def test_a_name_that_nothing_can_be_added_to_stops_nobody(box):
    longest = "x" * 245 + ".png"
    box.put(longest, png(1))
    box.put("cam.png", b"no image")
    box.start()
    wait_for(lambda: len(box.rows()) == 2)
    wait_for((box.out / "unreadable" / "cam.png").exists)
    # What is set aside below a folder would lie below a file.
    box.put("cam.png/broken.png", b"no image")
    box.put("good.png", png(2))
    wait_for(lambda: len(box.rows()) == 4)
    code, said = box.end()
    assert code == 0
    assert "cam.png/broken.png: cannot be set aside" in said
    rows = {row["image"]: row for row in box.rows()}
    assert rows["good.png"]["verdict"] == "class 0"
    assert cv2.imread(box.out / rows[longest]["overlay"]).shape == (12, 12, 3)


@pytest.mark.slow
def test_a_file_is_judged_when_it_is_complete(box):
    """One writer keeps the file open and pauses; the other closes it half-written."""
    whole = png(7, 200)
    box.start()
    with (box.folder / "open.bmp").open("wb") as file:
        # A BMP whose lines are still to come could be decoded: only the open file tells.
        bmp = cv2.imencode(".bmp", np.full((9, 9, 3), 200, np.uint8))[1].tobytes()
        file.write(bmp[:54] + bytes(len(bmp) - 54))
        file.flush()
        (box.folder / "closed.png").write_bytes(whole[: len(whole) // 2])
        time.sleep(0.7 * PATIENCE)
        assert box.rows() == []
        file.seek(54)
        file.write(bmp[54:])
        with (box.folder / "closed.png").open("ab") as rest:
            rest.write(whole[len(whole) // 2 :])
    wait_for(lambda: len(box.rows()) == 2)
    time.sleep(0.5)
    assert box.end()[0] == 0
    hashes = {row["image"]: row["image_sha256"] for row in box.rows()}
    assert hashes == {
        "open.bmp": hashlib.sha256(bmp).hexdigest(),
        "closed.png": hashlib.sha256(whole).hexdigest(),
    }


@pytest.mark.slow
def test_kill_9_at_any_moment_judges_each_image_once(box):
    """Killed six times, while images arrive and while it is dead; a tenth is no image."""
    images = {f"{n:03}.png": (png(n) if n % 10 else f"broken {n}".encode()) for n in range(180)}
    names = iter(images)
    for round_ in range(6):
        for name in [next(names) for _ in range(20)]:
            box.put(name, images[name])
        box.start("--patience", "0.2")
        done = len(box.rows())
        for name in [next(names) for _ in range(10)]:
            box.put(name, images[name])
        wait_for(lambda done=done, round_=round_: len(box.rows()) >= done + 3 + 4 * round_)
        assert box.end(signal.SIGKILL)[0] == -signal.SIGKILL
    box.start("--patience", "0.2")
    wait_for(lambda: len(box.rows()) >= len(images))
    broken = {name for name, data in images.items() if data.startswith(b"broken")}
    wait_for(lambda: not any((box.folder / name).exists() for name in broken))
    time.sleep(1)
    assert box.end()[0] == 0
    rows = box.rows()
    assert Counter(row["image"] for row in rows) == Counter(list(images))
    assert {row["image"] for row in rows if row["error"]} == broken
    assert {path.name for path in (box.out / "unreadable").iterdir()} == broken
    assert all((box.out / row["overlay"]).exists() for row in rows if not row["error"])


@pytest.mark.slow
def test_touched_is_not_new_and_overwritten_is(box):
    """The out folder may lie in the watched one; its overlays are no new images."""
    path, out = box.put("a.png", png(1)), box.folder / "judged"
    box.start(out=out)
    wait_for(lambda: len(box.rows(out)) == 1)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    time.sleep(1)
    path.write_bytes(png(2))
    wait_for(lambda: len(box.rows(out)) == 2)
    path.unlink()
    time.sleep(0.7)
    # It left and came back: another part, seen by the same camera.
    path.write_bytes(png(2))
    wait_for(lambda: len(box.rows(out)) == 3)
    assert box.end()[0] == 0
    os.utime(path)
    box.put("b.png", png(3))
    box.start(out=out)
    wait_for(lambda: len(box.rows(out)) == 4)
    assert box.end()[0] == 0
    hashes = [row["image_sha256"] for row in box.rows(out)]
    assert hashes == [hashlib.sha256(png(n)).hexdigest() for n in (1, 2, 2, 3)]


@pytest.mark.slow
def test_a_second_watch_of_the_same_out_is_refused(box):
    box.start()
    wait_for((box.out / "decisions.csv").exists)
    first = box.process
    box.start().wait(timeout=20)
    assert box.end() == (
        2,
        f"gain-serve: {box.out}/decisions.csv: another gain-serve watch is writing it\n",
    )
    box.process = first
    assert box.end()[0] == 0


def test_the_memory_survives_a_torn_line(tmp_path):
    path = tmp_path / "decisions.csv"
    judged = Judged(path)
    judged.add("a.png", Signature(1, 2), {"image_sha256": "aa", "verdict": "x\ny"})
    judged.add("b.png", Signature(3, 4), {"error": "broken"})
    judged.close()
    whole = path.read_bytes()
    path.write_bytes(whole + b"2026-01-01,c.pn")
    judged = Judged(path)
    assert path.read_bytes() == whole
    assert judged.knows("a.png", Signature(1, 2))
    assert not judged.knows("a.png", Signature(1, 3))
    assert judged.knows_content("a.png", Signature(1, 3), "aa")
    assert judged.knows("a.png", Signature(1, 3))
    assert judged.failed("b.png")
    assert not judged.failed("a.png")
    assert not judged.knows("c.png", Signature(3, 4))
    judged.close()
    assert len(whole.splitlines()) == 3


def test_another_table_is_not_continued(tmp_path):
    path = tmp_path / "decisions.csv"
    path.write_text("image,verdict\n")
    with pytest.raises(Exception, match="has other columns than this version writes"):
        Judged(path)
    assert path.read_text() == "image,verdict\n"
    assert len(set(COLUMNS)) == 15


def test_names_fit_on_a_line():
    assert printable("ä b\u2028\n\x7f") == "ä b\\x2028\\x0a\\x7f"
