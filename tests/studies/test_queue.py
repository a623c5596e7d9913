"""How long a study will still take."""

import pytest

from gain_tf.studies.queue import time_left


@pytest.mark.parametrize(
    ("seconds", "done", "waiting", "said"),
    [
        (400.0, 1, 5, "about 0:33:20 left"),
        # Two at once: what counts is how many are done in a time.
        (400.0, 2, 5, "about 0:16:40 left"),
        (90000.0, 1, 1, "about 1 day, 1:00:00 left"),
        (400.0, 6, 0, "none left"),
    ],
)
def test_the_time_left_is_that_of_the_runs_that_are_done(seconds, done, waiting, said):
    assert time_left(seconds, done, waiting) == said
