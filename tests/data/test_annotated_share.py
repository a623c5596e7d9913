"""The share of annotated images, held against whole images in a batch."""

import numpy as np
import pytest

from gain_tf.config import ConfigError
from gain_tf.data.annotated_share import check_shares
from gain_tf.data.schedule import Schedule


def schedule(size, share, annotated=4, images=40):
    return Schedule(images, np.arange(annotated), size, share, 0.0, None, 1)


@pytest.mark.parametrize(
    ("size", "share", "said"),
    [
        (2, 0.25, "is rounded to 0: the 4 annotated .* say 0 .*, 0.5 for 1 of 2, .*size of 4$"),
        (1, 0.25, "is rounded to 0: .* say 0 if that is meant, or take a batch_size of 4$"),
        (5, 0.1, "is rounded to 0: .*, 0.2 for 1 of 5, .* of 10$"),
        (1, 0.6, "is rounded to 1: the 36 images without .* say 1 if that is meant, or .* of 2$"),
        (2, 0.9, "is rounded to all 2: .* say 1 if that is meant, 0.5 for 1 of 2, .*size of 10$"),
    ],
)
def test_a_share_that_comes_to_nothing_or_all_is_refused(size, share, said):
    with pytest.raises(ConfigError, match=rf"^data\.annotated_share: .*{said}"):
        check_shares([schedule(size, share)])


def test_what_is_advised_is_taken(caplog):
    check_shares([schedule(*each) for each in [(4, 0.25), (2, 0.5), (10, 0.1), (10, 0.9)]])
    assert not caplog.records


def test_all_problems_are_named_once():
    rows = [schedule(2, 0.25), schedule(1, 0.6), schedule(2, 0.25), schedule(4, 0.25)]
    with pytest.raises(ConfigError) as caught:
        check_shares(rows)
    assert len(str(caught.value).splitlines()) == 2


def test_a_share_that_is_far_off_is_logged_once(caplog):
    check_shares([schedule(3, 0.25), schedule(3, 0.25, annotated=9), schedule(16, 1 / 3)])
    (record,) = caplog.records
    assert record.getMessage() == (
        "data.annotated_share: 0.25 of a data.batch_size of 3 is rounded to 1, a share of 0.33; a "
        "batch_size of 4 comes closer"
    )


@pytest.mark.parametrize(("size", "share"), [(5, 0.3), (6, 0.25), (1, 0.4), (3, 0.9), (7, 0.05)])
def test_the_size_that_is_advised_has_nearly_the_share(size, share, caplog):
    try:
        check_shares([schedule(size, share)])
        said = caplog.records[0].getMessage().removesuffix(" comes closer")
    except ConfigError as error:
        said = str(error)
    advised = int(said.rpartition(" ")[2])
    assert advised > size
    assert abs(schedule(advised, share).drawn / advised - share) <= share / 4


@pytest.mark.parametrize(
    ("share", "annotated"), [(0.25, 0), (0.25, 40), (0.0, 4), (1.0, 4)], ids=str
)
def test_where_the_share_changes_nothing_or_is_meant_it_may_be_any(share, annotated, caplog):
    check_shares([schedule(1, share, annotated)])
    assert not caplog.records
