"""The builder of VOC 2012 on a miniature of it, as archives and as folders."""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

tfds = pytest.importorskip("tensorflow_datasets")

from miniature_voc import SIZES, SPLITS, MiniatureVoc, sbd_mask, voc_mask  # noqa: E402

from gain_tf.data.files import DataError  # noqa: E402
from gain_tf.data.voc2012 import Voc2012, Voc2012Config  # noqa: E402
from gain_tf.data.voc2012_sources import COUNTS, find_sources, read_splits  # noqa: E402
from gain_tf.data.voc_devkit import CLASS_NAMES  # noqa: E402

MINIATURE = Voc2012Config(name="miniature", expected=SPLITS)


class TestBuilder(tfds.testing.DatasetBuilderTestCase):
    """What TFDS asks of every builder, on the archives."""

    DATASET_CLASS = Voc2012
    SPLITS = SPLITS
    BUILDER_CONFIG_NAMES_TO_TEST = [MINIATURE]
    OVERLAPPING_SPLITS = ["trainaug"]

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        root = Path(cls.folder.name)
        cls.EXAMPLE_DIR = MiniatureVoc(root / "folders").pack(root / "archives")
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.folder.cleanup()


@pytest.fixture
def devkit(tmp_path):
    return MiniatureVoc(tmp_path / "manual")


def build(folder, where, expected=SPLITS):
    config = Voc2012Config(name="miniature", expected=expected)
    builder = Voc2012(data_dir=where, config=config, file_format="array_record")
    settings = tfds.download.DownloadConfig(manual_dir=folder)
    builder.download_and_prepare(download_config=settings)
    return builder


def problems_of(devkit, expected=SPLITS):
    with pytest.raises(DataError) as caught:
        read_splits(find_sources(devkit.root), expected)
    return [text.replace(f"{devkit.root}/", "") for text in caught.value.problems]


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    """The examples of each split, by id, built from the archives."""
    root = tmp_path_factory.mktemp("voc")
    archives = MiniatureVoc(root / "folders").pack(root / "archives")
    builder = build(archives, root / "records")
    return {
        name: {each["id"].decode(): each for each in builder.as_data_source(name)}
        for name in SPLITS
    }


def test_trainaug_holds_no_image_of_val(examples):
    assert {name: list(found) for name, found in examples.items()} == {
        "train": ["2007_000032", "2008_000008"],
        # SBD trains on 2007_000033, on which VOC validates.
        "trainaug": ["2007_000032", "2008_000008", "2009_000001", "2010_000002"],
        "val": ["2007_000033"],
        "test": ["2008_000001", "2011_000009"],
    }


def test_the_mask_of_voc_wins(examples):
    for name in ("2007_000032", "2008_000008"):
        for split in ("train", "trainaug"):
            mask = examples[split][name]["mask"]
            assert mask.dtype == np.uint8
            np.testing.assert_array_equal(mask[..., 0], voc_mask(name))
    assert not np.array_equal(voc_mask("2008_000008"), sbd_mask("2008_000008"))
    for name in ("2009_000001", "2010_000002"):
        np.testing.assert_array_equal(examples["trainaug"][name]["mask"][..., 0], sbd_mask(name))
    np.testing.assert_array_equal(
        examples["val"]["2007_000033"]["mask"][..., 0], voc_mask("2007_000033")
    )


def test_unclear_pixels_stay_255(examples):
    mask = examples["train"]["2007_000032"]["mask"][..., 0]
    np.testing.assert_array_equal(np.unique(mask), [0, 1, 255])
    # A square of 7 x 8 pixels, less the 5 x 6 of the object.
    assert (mask == 255).sum() == 26


def test_labels_and_boxes(examples):
    both = examples["train"]["2007_000032"]
    assert [CLASS_NAMES[label] for label in both["labels"]] == ["aeroplane", "person"]
    boxes = both["boxes"]
    # 30 wide, 20 high: columns 4 to 15, rows 3 to 12, counted from 1; y0 x0 y1 x1.
    np.testing.assert_allclose(
        boxes["bbox"], [[2 / 20, 3 / 30, 12 / 20, 15 / 30], [0.5, 0.5, 1, 1]], atol=1e-6
    )
    assert [CLASS_NAMES[label] for label in boxes["label"]] == ["aeroplane", "person"]
    assert [bool(each) for each in boxes["difficult"]] == [False, True]
    assert all(boxes["truncated"])
    bottles = examples["trainaug"]["2009_000001"]
    assert [CLASS_NAMES[label] for label in bottles["labels"]] == ["bottle"]
    assert len(bottles["boxes"]["bbox"]) == 2


def test_images_are_those_published(examples):
    for found in examples.values():
        for name, example in found.items():
            assert example["image"].shape == (*SIZES[name], 3)
            assert example["mask"].shape == (*SIZES[name], 1)


def test_nothing_is_known_of_the_test_images(examples):
    for example in examples["test"].values():
        assert (example["mask"] == 255).all()
        assert len(example["labels"]) == 0
        assert len(example["boxes"]["bbox"]) == 0


def test_folders_give_what_archives_give(devkit, tmp_path, examples):
    builder = build(devkit.root, tmp_path / "records")
    assert sorted(builder.info.splits) == sorted(SPLITS)
    for name in SPLITS:
        records = list(builder.as_data_source(name))
        assert [each["id"].decode() for each in records] == list(examples[name])
        for record in records:
            other = examples[name][record["id"].decode()]
            np.testing.assert_array_equal(record["image"], other["image"])
            np.testing.assert_array_equal(record["mask"], other["mask"])
            np.testing.assert_array_equal(record["labels"], other["labels"])


def test_the_official_counts_are_checked(devkit):
    assert COUNTS == {"train": 1464, "trainaug": 10582, "val": 1449, "test": 1456}
    assert Voc2012.BUILDER_CONFIGS[0].expected == COUNTS
    assert problems_of(devkit, COUNTS) == [
        "split train: 2 instead of 1464 images",
        "split trainaug: 4 instead of 10582 images",
        "split val: 1 instead of 1449 images",
        "split test: 2 instead of 1456 images",
    ]
    with pytest.raises(DataError, match="split trainaug: 4 instead of 5 images"):
        build(devkit.root, devkit.root / "records", SPLITS | {"trainaug": 5})


def test_an_image_on_both_sides(devkit):
    devkit.list("train", ["2007_000032", "2007_000033"])
    devkit.list("test", ["2008_000001", "2009_000001"])
    said = problems_of(devkit, {})
    assert "splits train and val share 2007_000033" in said
    assert "splits trainaug and test share 2009_000001" in said


def test_every_missing_file_is_named(devkit):
    (devkit.devkit / "JPEGImages/2010_000002.jpg").unlink()
    (devkit.devkit / "Annotations/2007_000033.xml").unlink()
    (devkit.devkit / "SegmentationClass/2007_000033.png").unlink()
    (devkit.benchmark / "cls/2009_000001.mat").unlink()
    # Not needed: VOC has a mask of its own.
    (devkit.benchmark / "cls/2008_000008.mat").unlink()
    assert problems_of(devkit) == [
        "VOCdevkit/VOC2012/Annotations/2007_000033.xml: is not there",
        "VOCdevkit/VOC2012/JPEGImages/2010_000002.jpg: is not there",
        "VOCdevkit/VOC2012/SegmentationClass/2007_000033.png: is not there",
        "benchmark_RELEASE/dataset/cls/2009_000001.mat: is not there",
    ]


def test_every_broken_file_of_a_split_is_named(devkit, tmp_path):
    image = devkit.devkit / "JPEGImages/2007_000032.jpg"
    image.write_bytes(image.read_bytes()[:500])
    devkit.annotate("2008_000008", [("unicorn", 1, 1, 3, 3, 0)])
    devkit.mask("2008_000008", np.zeros((7, 9), np.uint8))
    with pytest.raises(DataError) as caught:
        build(devkit.root, tmp_path / "records")
    said = [text.replace(f"{devkit.root}/VOCdevkit/VOC2012/", "") for text in caught.value.problems]
    assert said[0].startswith("JPEGImages/2007_000032.jpg: unreadable or truncated")
    assert said[1] == "JPEGImages/2008_000008.jpg: is 16 x 24, its mask is 9 x 7"
    assert said[2].startswith("Annotations/2008_000008.xml, object 1: unknown name 'unicorn'")
    assert len(said) == 3
    assert not (tmp_path / "records/voc2012/miniature/1.0.0").exists()


@pytest.mark.parametrize(
    ("pixels", "said"),
    [
        (np.full(SIZES["2007_000032"], 21, np.uint8), "has the value 21, which is no class"),
        (np.zeros((*SIZES["2007_000032"], 3), np.uint8), "must be a grey or palette image"),
    ],
)
def test_a_mask_of_something_else(devkit, tmp_path, pixels, said):
    from PIL import Image

    Image.fromarray(pixels).save(devkit.devkit / "SegmentationClass/2007_000032.png")
    with pytest.raises(DataError, match=said):
        build(devkit.root, tmp_path / "records")


def test_missing_archives_are_named_with_their_address(tmp_path):
    with pytest.raises(DataError) as caught:
        find_sources(tmp_path)
    trainval, sbd = caught.value.problems
    assert trainval.startswith(f"{tmp_path}: holds neither VOCtrainval_11-May-2012.tar nor ")
    assert "http://host.robots.ox.ac.uk/pascal/VOC/voc2012/VOCtrainval_11-May-2012.tar" in trainval
    assert "benchmark.tgz" in sbd
    assert "https://www2.eecs.berkeley.edu/" in sbd


def test_without_test_images_there_is_no_test_split(devkit, tmp_path):
    archives = devkit.pack(tmp_path / "archives")
    (archives / "VOC2012test.tar").unlink()
    assert "test" not in read_splits(find_sources(archives), SPLITS)


def test_an_archive_that_means_no_good(devkit, tmp_path):
    import io
    import tarfile

    archives = devkit.pack(tmp_path / "archives")
    with tarfile.open(archives / "VOCtrainval_11-May-2012.tar", "a") as archive:
        member = tarfile.TarInfo("VOCdevkit/VOC2012/../../../evil")
        member.size = 4
        archive.addfile(member, io.BytesIO(b"evil"))
    with pytest.raises(DataError, match="leads out of the archive's folder"):
        build(archives, tmp_path / "records")
    assert not list(tmp_path.rglob("evil"))


def test_tfds_is_not_loaded_before_it_is_needed():
    code = (
        "import sys, gain_tf, gain_tf.data.registry, gain_tf.data_commands;"
        "sys.exit('tensorflow_datasets' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
