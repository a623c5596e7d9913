"""VOC 2012 as a data set of the house, on a miniature of it."""

import sys

import cv2
import numpy as np
import pytest
from PIL import Image

tfds = pytest.importorskip("tensorflow_datasets")

from miniature_voc import SIZES, MiniatureVoc, sbd_mask, voc_mask  # noqa: E402

from gain_tf.cli import status  # noqa: E402
from gain_tf.config import parse_config  # noqa: E402
from gain_tf.data.decode import UnreadableImageError  # noqa: E402
from gain_tf.data.files import DataError  # noqa: E402
from gain_tf.data.kept import KeptPictures  # noqa: E402
from gain_tf.data.pipeline import evaluation_batches  # noqa: E402
from gain_tf.data.registry import load_data  # noqa: E402
from gain_tf.data.voc2012 import Voc2012  # noqa: E402
from gain_tf.data.voc2012_splits import RecordPictures  # noqa: E402
from gain_tf.data.voc_devkit import CLASS_NAMES  # noqa: E402
from gain_tf.data_commands import data  # noqa: E402
from gain_tf.models.settings import GuidanceSettings  # noqa: E402
from gain_tf.models.targets import annotated_images  # noqa: E402


def load(root, records, cache=False, **settings):
    section = {
        "name": "voc2012",
        "root": None if root is None else str(root),
        "cache": cache,
        "voc2012": {"data_dir": str(records), "part": True, **settings},
    }
    return load_data(parse_config({"name": "x", "data": section}).data)


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """The folder of the records, made from archives that are gone."""
    root = tmp_path_factory.mktemp("voc")
    devkit = MiniatureVoc(root / "folders")
    load(devkit.pack(root / "archives"), root / "records")
    return root / "records"


def test_the_splits(records):
    found = load(None, records)
    assert found.class_names == CLASS_NAMES
    assert not found.single_label
    assert {name: list(split.ids) for name, split in found.splits.items()} == {
        "train": ["2007_000032", "2008_000008", "2009_000001", "2010_000002"],
        "validation": ["2007_000033"],
    }
    assert list(load(None, records, train="train").splits["train"].ids) == [
        "2007_000032",
        "2008_000008",
    ]


def test_what_is_known_of_an_image(records):
    split = load(None, records).splits["train"]
    assert split.labels.dtype == np.float32
    # The person is difficult: it has a label and a box, and no pixel of the mask.
    assert [CLASS_NAMES[c] for c in np.flatnonzero(split.labels[0])] == ["aeroplane", "person"]
    assert [CLASS_NAMES[c] for c in np.flatnonzero(split.mask_shows[0])] == ["aeroplane"]
    np.testing.assert_allclose(
        split.boxes[0], [[2 / 20, 3 / 30, 12 / 20, 15 / 30], [0.5, 0.5, 1, 1]], atol=1e-6
    )
    assert [CLASS_NAMES[c] for c in split.box_labels[0]] == ["aeroplane", "person"]
    assert split.has_mask.all()
    assert split.has_boxes.all()


def test_pixels_belong_to_their_columns(records, tmp_path):
    devkit = MiniatureVoc(tmp_path)
    split = load(None, records).splits["train"]
    for index in (3, 0, 2, 1):
        name = split.ids[index]
        mask = voc_mask(name) if name in ("2007_000032", "2008_000008") else sbd_mask(name)
        np.testing.assert_array_equal(split.pictures.mask(index), mask)
        assert split.pictures.image(index).shape == (*SIZES[name], 3)
        published = cv2.imread(str(devkit.devkit / "JPEGImages" / f"{name}.jpg"))
        np.testing.assert_array_equal(split.pictures.image(index), published[..., ::-1])


def test_an_image_lies_as_its_mask_does_however_the_camera_was_held(tmp_path):
    devkit = MiniatureVoc(tmp_path / "folders")
    path = devkit.devkit / "JPEGImages" / "2007_000032.jpg"
    with Image.open(path) as picture:
        exif = Image.Exif()
        exif[0x0112] = 6  # to be turned by 90 degrees
        picture.save(path, exif=exif)
    pictures = load(devkit.root, tmp_path / "records").splits["train"].pictures
    assert pictures.image(0).shape[:2] == pictures.mask(0).shape == SIZES["2007_000032"]


def test_pictures_are_kept_only_where_asked(records):
    left = load(None, records, cache=False).splits["train"].pictures
    assert left.image(1) is not left.image(1)
    kept = load(None, records, cache=True).splits["train"].pictures
    assert isinstance(kept, KeptPictures)
    assert kept.image(1) is kept.image(1)
    assert kept.mask(1) is kept.mask(1)
    np.testing.assert_array_equal(kept.mask(1), left.mask(1))


def test_batches(records):
    ((example, labels),) = evaluation_batches(load(None, records).splits["train"], (16, 16), 4)
    assert example["image"].shape == (4, 16, 16, 3)
    np.testing.assert_array_equal(labels[0], np.eye(20)[0] + np.eye(20)[14])
    assert set(np.unique(example["mask"][0])) == {0, 1, 255}
    np.testing.assert_array_equal(example["box_labels"][2], [4, 4])


def test_a_mask_that_leaves_out_a_class_does_not_say_what_is_beside_all_objects(records):
    """The person of the first image is in its boxes and not in its mask."""
    ((example, labels),) = evaluation_batches(load(None, records).splits["train"], (16, 16), 4)
    by_mask, by_both = GuidanceSettings(kind="pixel"), GuidanceSettings(kind="both")
    np.testing.assert_array_equal(annotated_images(example, labels, by_mask), [0, 1, 1, 1])
    np.testing.assert_array_equal(annotated_images(example, labels, by_both), [1, 1, 1, 1])


def test_missing_archives(tmp_path):
    with pytest.raises(DataError) as caught:
        load(tmp_path / "nowhere", tmp_path)
    assert all(text.startswith(f"{tmp_path}/nowhere: holds") for text in caught.value.problems)
    with pytest.raises(DataError) as caught:
        load(None, tmp_path)
    assert f"{tmp_path}/downloads/manual: holds neither" in caught.value.problems[0]


def test_a_part_must_be_asked_for(tmp_path):
    devkit = MiniatureVoc(tmp_path / "folders")
    with pytest.raises(DataError, match="split train: 2 instead of 1464 images"):
        load(devkit.root, tmp_path / "records", part=False)


def test_the_records_of_another_part_are_refused(tmp_path):
    """Two parts in folders of one name, and records in one place."""
    one, two = (MiniatureVoc(tmp_path / name / "voc") for name in ("one", "two"))
    load(one.root, tmp_path / "records")
    with pytest.raises(DataError) as caught:
        load(two.root, tmp_path / "records")
    (problem,) = caught.value.problems
    assert f"were made from {one.root}, not from {two.root}; name another" in problem
    for root in (one.root, one.root / "../voc", None):
        assert len(load(root, tmp_path / "records").splits["train"]) == 4
    assert len(load(two.root, tmp_path / "others").splits["train"]) == 4


def test_records_of_another_format(tmp_path):
    devkit = MiniatureVoc(tmp_path / "folders")
    settings = tfds.download.DownloadConfig(manual_dir=devkit.root)
    builder = Voc2012(data_dir=tmp_path / "records", config="part")
    builder.download_and_prepare(download_config=settings)
    with pytest.raises(DataError, match=r"another format, which cannot be read in any order"):
        load(None, tmp_path / "records")


def test_without_tfds(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    with pytest.raises(DataError, match=r"needs the extra voc \(pip install 'gain-tf\[voc\]'\)"):
        load(tmp_path, tmp_path)


def test_describe(records, tmp_path, capsys):
    config = tmp_path / "config.yaml"
    section = f"{{name: voc2012, voc2012: {{data_dir: '{records}', part: true}}}}"
    config.write_text(f"name: t\ndata: {section}\n", encoding="utf-8")
    assert status(data, "gain-tf data", ["describe", "--config", str(config)]) == 0
    said = capsys.readouterr().out
    headings = [line.split(":")[0] for line in said.splitlines()[1:7]]
    assert headings == ["source", "licence", "sizes", "splits", "annotation", "known bias"]
    assert "train: 4 images" in said
    assert "  person       1 image, 0 with mask, 1 with boxes" in said


def test_records_that_are_gone():
    """A disk that is unmounted is met by the reader of the records; training counts the image."""

    class Gone(list):
        def __getitem__(self, index):
            raise OSError(5, "Input/output error")

    pictures = RecordPictures(Gone())
    for read in (pictures.image, pictures.mask, pictures.key):
        with pytest.raises(UnreadableImageError, match=r"record 3: cannot be read: .*Input/output"):
            read(3)
