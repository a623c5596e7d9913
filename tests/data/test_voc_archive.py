"""The archive for VOC's test server."""

import io
import tarfile

import numpy as np
import pytest

from gain_tf.data.decode import decode_mask
from gain_tf.data.indexed import write_indexed
from gain_tf.data.voc_archive import write_voc_archive
from gain_tf.errors import UserError


@pytest.fixture
def masks(tmp_path):
    paths = [tmp_path / f"2008_00000{number}.png" for number in (6, 1)]
    for value, path in enumerate(paths, start=1):
        write_indexed(np.full((4, 6), value, np.uint8), path)
    return paths


def test_the_layout_is_the_servers(masks, tmp_path):
    write_voc_archive(masks, tmp_path / "results.tar.gz")
    with tarfile.open(tmp_path / "results.tar.gz", "r:gz") as archive:
        assert archive.getnames() == [
            "results/VOC2012/Segmentation/comp6_test_cls/2008_000001.png",
            "results/VOC2012/Segmentation/comp6_test_cls/2008_000006.png",
        ]
        for member, value in zip(archive.getmembers(), (2, 1), strict=True):
            assert member.isfile()
            content = archive.extractfile(member).read()
            mask = decode_mask(io.BytesIO(content), member.name)
            np.testing.assert_array_equal(mask, np.full((4, 6), value))


def test_every_mistake_is_named_and_nothing_written(masks, tmp_path):
    wrong = tmp_path / "cat.png"
    masks[0].rename(wrong)
    with pytest.raises(UserError) as caught:
        write_voc_archive([*masks, wrong], tmp_path / "results.tar")
    assert str(caught.value).splitlines() == [
        f"{wrong}: is not named as an image of VOC",
        f"{masks[0]}: there is no such file",
        f"{tmp_path / 'results.tar'}: the test server wants a .tar.gz",
    ]
    assert not (tmp_path / "results.tar").exists()
