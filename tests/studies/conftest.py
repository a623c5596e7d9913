"""Rows of runs that no network was trained for."""

import numpy as np
import pytest

from gain_tf.studies.gather import Judged


@pytest.fixture
def judged(tmp_path):
    """A row of a run, judged on images whose verdicts are given by their ids."""

    def make(row, seed, right, *, energy=None, point=None, annotated=4):
        folder = tmp_path / f"{row}-{seed}-{point}"
        folder.mkdir()
        lines = [f"{name},{name},a,{'a' if yes else 'b'}" for name, yes in right.items()]
        text = "\n".join(["id,group,label,verdict", *lines])
        (folder / "predictions.csv").write_text(text, encoding="utf-8")
        figures = {"classification": {"accuracy": float(np.mean(list(right.values())))}}
        if energy is not None:
            figures["attention"] = {"energy_in_mask": energy}
        return Judged(point or {}, row, seed, folder, annotated, figures)

    return make
